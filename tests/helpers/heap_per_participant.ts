/**
 * `deno run -A --v8-flags=--expose-gc heap_per_participant.ts`: prints how many bytes of V8's heap a node keeps for each who
 * has joined and is idle, with the wire and the listener of its socket, but without the runtime's own socket.
 *
 * @module
 */
import { Closings, type ServerSocket } from "../../lib/lingering_wire.ts";
import { attach } from "../../routes/signal.ts";
import { type FakeNode, fakeNode, makeRoom, makeToken } from "./fake_node.ts";

const ROOMS = 100;
const PER_ROOM = 10;

/** In place of the runtime's socket: keeps nothing but who listens. */
class FakeSocket implements ServerSocket {
  readonly bufferedAmount = 0;
  readonly readyState = WebSocket.OPEN;
  #listener: EventListenerOrEventListenerObject | null = null;

  addEventListener(_type: string, listener: EventListenerOrEventListenerObject | null): void {
    this.#listener = listener;
  }
  hears(data: string): void {
    (this.#listener as EventListenerObject).handleEvent(new MessageEvent("message", { data }));
  }
  send(text: string): void {
    if (joining?.socket === this) joining.answered(text);
  }
  close(): void {}
}

/** Whoever is joining just now, one after the other. */
let joining: { socket: FakeSocket; answered: (text: string) => void } | undefined;

const node = fakeNode();
const closings = new Closings();
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

async function welcome({ hub }: FakeNode, token: string): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<string>();
  const socket = new FakeSocket();
  attach(socket, hub, "192.0.2.1", closings);
  joining = { socket, answered: resolve };
  socket.hears(JSON.stringify({ type: "join", token }));
  const text = await promise;
  joining = undefined;
  if (!text.startsWith(`{"type":"welcome"`)) throw new Error(`Cannot join: got ${text}`);
}

function kept(): number {
  (globalThis as unknown as { gc(): void }).gc();
  return Deno.memoryUsage().heapUsed;
}
