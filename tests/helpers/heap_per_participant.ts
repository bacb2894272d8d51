/**
 * `deno run -A --v8-flags=--expose-gc heap_per_participant.ts`: prints how many bytes of V8's heap a node keeps for each who
 * has joined and is idle, without the runtime's own socket.
 *
 * @module
 */
import { Connection } from "../../lib/connection.ts";
import type { Wire } from "../../lib/wire.ts";
import { type FakeNode, fakeNode, makeRoom, makeToken } from "./fake_node.ts";

const ROOMS = 100;
const PER_ROOM = 10;

const node = fakeNode();
// The first make the node compile its code.
await joined("before");
const before = kept();
await joined("counted");
console.log(Math.round((kept() - before) / (ROOMS * PER_ROOM)));
Deno.exit(0);

async function joined(what: string): Promise<void> {
  for (let i = 0; i < ROOMS; i++) {
    const key = { tenant: "acme", id: `${what}-${i}` };
    await makeRoom(node, key, { topology: { mode: "mesh", promoteAt: 5, demoteAt: 3 } });
    for (let k = 0; k < PER_ROOM; k++) {
      await welcome(node, await makeToken(node, `u-${k}`, { room: key }));
    }
  }
  node.logs.length = 0;
}

/** Somebody joins over a wire that keeps nothing. */
async function welcome({ hub }: FakeNode, token: string): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  let tell: ((text: string) => void) | undefined = (text) => {
    if (!text.startsWith(`{"type":"welcome"`)) throw new Error(`Cannot join: got ${text}`);
    tell = undefined;
    resolve();
  };
  const send = (text: string) => tell?.(text);
  const wire: Wire = { bufferedAmount: 0, readyState: WebSocket.OPEN, send, close: () => {} };
  new Connection(wire, hub, "192.0.2.1").receive(JSON.stringify({ type: "join", token }));
  await promise;
}

function kept(): number {
  (globalThis as unknown as { gc(): void }).gc();
  return Deno.memoryUsage().heapUsed;
}
