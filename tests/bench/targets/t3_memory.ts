/**
 * T3, memory: RSS per joined, idle participant against RSS per bare Deno socket.
 *
 * @module
 */
import { type Figure, rounded } from "../report/figure.ts";
import type { Who } from "../load/load_protocol.ts";
import { provisionRooms, startNode } from "../servers/node.ts";
import { openFileLimit, pause, residentBytes } from "../system/proc.ts";
import { IDLE_TIMEOUT, Load, startBareRelay } from "../load/process.ts";
import { ids } from "../servers/pairs.ts";

/** Of 1,000 the figure would be another one: of V8's young generation, which takes up to 32 MB, and of code that is compiled once. */
const SOCKETS = 5_000;
const PER_ROOM = 10;
/** So many would else be lifted to an SFU, or be turned away where there is none. */
const ROOM = { maxParticipants: PER_ROOM, topology: { mode: "mesh" } };
/** As T4 has it: a node on a busy machine turns people away at more. */
const CONNECT_RATE = 200;
/** What a participant may take beyond a bare socket, in bytes. */
const ALLOWANCE = 6_000;
/**
 * RSS counts as settled when it has moved by less than 0.5 % for so long. V8 collects what a process at rest has left
 * over some 12 s after its last work, and once more 10 s later.
 */
const STILL_MS = 25_000;
const SETTLE_LIMIT_MS = 120_000;

export interface Memory {
  /** RSS in bytes, settled: as started, with what is made beforehand, with all sockets. */
  readonly started: number;
  readonly provisioned: number;
  readonly connected: number;
  readonly perSocket: number;
}

export async function t3(): Promise<Figure[]> {
  const files = openFileLimit();
  if (files < SOCKETS * 2) {
    const why = `${files} open files are allowed here; ${SOCKETS * 2} are needed`;
    return [{ kind: "not measured", target: "T3", what: WHAT, why }];
  }
  const bare = await bareSockets(IDLE_TIMEOUT.none);
  const pinging = await bareSockets(IDLE_TIMEOUT.default);
  return report(await participants(), bare, pinging);
}

/** `bare`: sockets as the service has them, which the runtime does not ping; to them, the cheaper, it is held. */
export function report(joined: Memory, bare: Memory, pinging: Memory): Figure[] {
  return [
    {
      kind: "measured",
      target: "T3",
      what: WHAT,
      value: joined.perSocket / 1000,
      unit: "KB",
      bound: { is: "at most", value: (bare.perSocket + ALLOWANCE) / 1000 },
      note: `node: ${mb(joined.started)} started, ${mb(joined.provisioned)} with the rooms ` +
        `made, ${mb(joined.connected)} with ${SOCKETS} joined in rooms of ${PER_ROOM}; ` +
        `held to a bare socket with idleTimeout 0, as the service has it, + ${
          ALLOWANCE / 1000
        } KB; with the runtime's default the bound would be ${
          rounded((pinging.perSocket + ALLOWANCE) / 1000)
        } KB`,
      samples: { joined, bare, pinging },
    },
    toCompare("  bare Deno socket, idleTimeout 0, as in the service", bare),
    toCompare(`  bare Deno socket, idleTimeout ${IDLE_TIMEOUT.default} s (default)`, pinging),
  ];
}

const WHAT = "memory per joined idle participant";

function toCompare(what: string, { perSocket }: Memory): Figure {
  return { kind: "measured", target: "T3", what, value: perSocket / 1000, unit: "KB" };
}

async function participants(): Promise<Memory> {
  await using node = await startNode();
  return await measure(node.pid, node.wsUrl, async () => {
    const tokens = await provisionRooms(node, {
      rooms: SOCKETS / PER_ROOM,
      perRoom: PER_ROOM,
      settings: ROOM,
    });
    return tokens.map((token) => ({ token }));
  });
}

async function bareSockets(idleTimeout: number): Promise<Memory> {
  await using relay = await startBareRelay("forward", idleTimeout);
  return await measure(relay.pid, relay.url, () => Promise.resolve(ids(SOCKETS)));
}

async function measure(
  pid: number,
  url: string,
  prepare: () => Promise<Who[]>,
): Promise<Memory> {
  const started = await settled(pid);
  const sockets = await prepare();
  const provisioned = residentBytes(pid);
  await using load = new Load();
  await load.connect({ urls: [url], sockets, connectRate: CONNECT_RATE });
  const connected = await settled(pid);
  return { started, provisioned, connected, perSocket: (connected - started) / sockets.length };
}

/** Neither process can be told to collect its garbage: both get the time in which they do so by themselves. */
async function settled(pid: number): Promise<number> {
  const limit = performance.now() + SETTLE_LIMIT_MS;
  let reference = residentBytes(pid);
  let since = performance.now();
  while (performance.now() - since < STILL_MS && performance.now() < limit) {
    await pause(500);
    const now = residentBytes(pid);
    if (Math.abs(now - reference) < reference * 0.005) continue;
    reference = now;
    since = performance.now();
  }
  return residentBytes(pid);
}

function mb(bytes: number): string {
  return `${rounded(bytes / 1e6)} MB`;
}
