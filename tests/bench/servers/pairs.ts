/**
 * Servers with pairs of sockets, ready to relay between them.
 *
 * @module
 */
import { Load, startBareRelay } from "../load/process.ts";
import type { Subject } from "../load/rounds.ts";
import { type Peer, startPeer } from "../peers/peers.ts";
import type { Service } from "../../helpers/service.ts";
import { provisionRooms, startNode, UNLIMITED } from "./node.ts";

const CONNECT_RATE = 400;
export type Pairs = Subject & AsyncDisposable;

/** The service, with rooms of two. */
export async function servicePairs(
  name: string,
  pairs: number,
  connectRate = CONNECT_RATE,
): Promise<Pairs & { readonly node: Service }> {
  await using stack = new AsyncDisposableStack();
  const node = stack.use(await startNode(UNLIMITED));
  const load = stack.use(new Load());
  const tokens = await provisionRooms(node, { rooms: pairs, perRoom: 2 });
  const sockets = tokens.map((token) => ({ token }));
  await load.connect({ urls: [node.wsUrl], sockets, connectRate });
  return { name, pids: [node.pid], load, node, ...disposing(stack.move()) };
}

/** The bare relay; `mode` is also its name, unless it is given another. */
export async function barePairs(
  mode: "forward" | "named",
  pairs: number,
  { name = mode as string, connectRate = CONNECT_RATE, idleTimeout = 0 } = {},
): Promise<Pairs> {
  await using stack = new AsyncDisposableStack();
  const relay = stack.use(await startBareRelay(mode, idleTimeout));
  const load = stack.use(new Load());
  await load.connect({ urls: [relay.url], sockets: ids(2 * pairs), connectRate });
  return { name, pids: [relay.pid], load, ...disposing(stack.move()) };
}

/** One of the others. */
export async function peerPairs(peer: Peer, pairs: number): Promise<Pairs> {
  await using stack = new AsyncDisposableStack();
  const { pid, url } = stack.use(await startPeer(peer));
  const load = stack.use(new Load());
  const { dialect, name } = peer;
  await load.connect({ urls: [url], dialect, sockets: ids(2 * pairs), connectRate: CONNECT_RATE });
  return { name, pids: [pid], load, ...disposing(stack.move()) };
}

/** As long as the service's ids, so that frames are of one length. */
export function ids(count: number): { id: string }[] {
  return Array.from({ length: count }, (_, i) => ({ id: `p_${String(i).padStart(17, "0")}` }));
}

function disposing(stack: AsyncDisposableStack): AsyncDisposable {
  return { [Symbol.asyncDispose]: () => stack.disposeAsync() };
}
