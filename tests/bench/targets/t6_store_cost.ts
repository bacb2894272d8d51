/**
 * T6, store cost: Redis commands, counted at the gateway, which is where Upstash bills them: each of a pipeline is one.
 *
 * @module
 */
import { ECHO } from "../../../lib/bus/redis_stream.ts";
import { type Cluster, startCluster } from "../../helpers/cluster.ts";
import type { WsClient } from "../../helpers/ws_client.ts";
import { type Bound, type Figure, rounded } from "../report/figure.ts";
import { pause } from "../system/proc.ts";
import { textFrame, WireSocket } from "../load/wire_socket.ts";

const PER_ROOM = 4;
const ROOMS = 50;
/** Rooms that live at the same time. */
const ROOMS_AT_ONCE = 5;
const SIGNALS = 1_000;
/** As many as a browser may send when it has found its addresses. */
const SIGNALS_AT_ONCE = 20;
const IDLE_ROOMS = 5;
const IDLE_MS = 120_000;
/** Longer than a node holds what it knows of a tenant's and an address's rate limits. */
const QUIET_MS = 11_000;
/** What was caused by the last frame has been asked by then. */
const SETTLE_MS = 500;

const LIFE_OF = "a participant's life";
const LIFE: Bound = { is: "at most", value: 5 };

type Kind = "room" | "rate limit" | "message to a node" | "sign of life" | "other";
type Counts = Record<Kind, number>;

/** Which node each one of a room is on. */
type Seats = readonly number[];

/** Where people are: each at home, or all in one house. */
type From = "addresses of their own" | "one address";

export async function t6(): Promise<Figure[]> {
  // A proxy in front tells the nodes whose address it is.
  await using cluster = await startCluster({ nodes: 3, env: { PROXY_HOPS: "1" } });
  // A script is sent whole where Redis does not know it yet: once in its life, not in each participant's.
  for (const seats of [[0, 1], [1, 0], [2]]) await live(cluster, seats, "one address");

  const figures: Figure[] = [];
  for (const from of ["addresses of their own", "one address"] as const) {
    for (const [seats, where] of [[[0, 1, 0, 1], "over 2 nodes"], [[0, 0, 0, 0], "on one node"]]) {
      const counts = await lives(cluster, seats as Seats, from);
      figures.push(
        life(
          `${LIFE_OF}, rooms of 4 ${where}, ${from}`,
          counts,
          ROOMS * PER_ROOM,
          `${ROOMS} rooms`,
        ),
      );
    }
  }
  const note = `joins ${QUIET_MS / 1000} s apart, so that each pays for its rate limits alone`;
  const quiet = await quietLife(cluster, [0, 1, 0, 1]);
  figures.push(life(`${LIFE_OF}, one room over 2 nodes, nobody else about`, quiet, PER_ROOM, note));
  figures.push(signal("signal on one node", await signals(cluster, 0, 0), 0));
  figures.push(signal("signal across nodes", await signals(cluster, 0, 1), 1));
  const atOnce = await signals(cluster, 0, 1, SIGNALS_AT_ONCE);
  figures.push(signal(`signal across nodes, ${SIGNALS_AT_ONCE} at once`, atOnce));
  const idle = await idleNodes(cluster);
  return [
    ...figures,
    idleFigure("idle node-minute, with people", idle.slice(0, 2)),
    idleFigure("idle node-minute, without people", idle.slice(2)),
  ];
}

/** Someone in a room. */
class Person {
  private constructor(readonly socket: WireSocket, readonly closed: Promise<void>) {}

  /** Resolves when it is welcome. */
  static async join(url: string, token: string, address: string): Promise<Person> {
    const socket = await WireSocket.open(url, address);
    const welcome = Promise.withResolvers<void>();
    const closed = Promise.withResolvers<void>();
    socket.ontext = (text) => {
      if (text.startsWith(`{"type":"welcome"`)) welcome.resolve();
    };
    socket.onclose = (why) => {
      welcome.reject(new Error(`Cannot join: ${why}`));
      closed.resolve();
    };
    socket.send(textFrame(JSON.stringify({ type: "join", token })));
    await welcome.promise;
    return new Person(socket, closed.promise);
  }

  async leave(): Promise<void> {
    this.socket.send(textFrame(`{"type":"leave"}`));
    await this.closed;
  }
}

/** A room from its first join to its last leave. */
async function live(
  cluster: Cluster,
  seats: Seats,
  from: From,
  between = () => Promise.resolve(),
): Promise<void> {
  await liveIn(cluster, await tokens(cluster, seats), seats, from, between);
}

async function liveIn(
  { nodes }: Cluster,
  tokens: readonly string[],
  seats: Seats,
  from: From,
  between = () => Promise.resolve(),
): Promise<void> {
  const people: Person[] = [];
  for (const [i, node] of seats.entries()) {
    if (i > 0) await between();
    const address = from === "one address" ? "192.0.2.1" : nextAddress();
    people.push(await Person.join(nodes[node]!.service.wsUrl, tokens[i]!, address));
  }
  for (const one of people) await one.leave();
}

let addresses = 0;

/** One that nobody had yet. */
function nextAddress(): string {
  const n = ++addresses;
  return `198.18.${n >> 8}.${n & 255}`;
}

async function tokens(cluster: Cluster, seats: Seats): Promise<string[]> {
  const room = await cluster.room();
  const { api } = cluster.nodes[0]!;
  return await Promise.all(seats.map((_, i) => api.makeToken(room, `user-${i}`)));
}

/** Everything that is asked while many rooms come and go; what nodes ask for themselves meanwhile too. */
async function lives(cluster: Cluster, seats: Seats, from: From): Promise<Counts> {
  const rooms: string[][] = [];
  for (let i = 0; i < ROOMS; i++) rooms.push(await tokens(cluster, seats));
  return await counted(cluster, async () => {
    await Promise.all(Array.from({ length: ROOMS_AT_ONCE }, async () => {
      for (let room; (room = rooms.pop());) await liveIn(cluster, room, seats, from);
    }));
  });
}

/** The same for one room, without what the nodes ask for themselves in that time. */
async function quietLife(cluster: Cluster, seats: Seats): Promise<Counts> {
  const room = await tokens(cluster, seats);
  const between = () => pause(QUIET_MS);
  await between();
  const counts = await counted(cluster, async () => {
    await liveIn(cluster, room, seats, "addresses of their own", between);
  });
  return { ...counts, "sign of life": 0 };
}

/** Sockets that also hear. */
async function enter(cluster: Cluster, seats: Seats): Promise<WsClient[]> {
  const people: WsClient[] = [];
  for (const [i, token] of (await tokens(cluster, seats)).entries()) {
    people.push(await cluster.nodes[seats[i]!]!.join(token));
  }
  return people;
}

async function leave(people: readonly WsClient[]): Promise<void> {
  for (const one of people) {
    one.send({ type: "leave" });
    await one.closed;
  }
}

/** What is asked while one sends to the other, without what the nodes ask for themselves in that time. */
async function signals(
  cluster: Cluster,
  from: number,
  to: number,
  atOnce = 1,
): Promise<Counts> {
  const seats = [from, to];
  const [ada, bob] = await enter(cluster, seats);
  await pause(SETTLE_MS);
  const counts = await counted(cluster, async () => {
    for (let n = 0; n < SIGNALS; n++) {
      ada!.send({ type: "signal", to: bob!.id, data: n });
      if ((n + 1) % atOnce > 0) continue;
      await bob!.next("signal", { where: ({ data }) => data === n });
      // The node takes 50 frames a second of each socket, after the first 200.
      await pause(atOnce * 1000 / 50);
    }
  });
  const arrived = bob!.frames.all.filter(({ type }) => type === "signal").length;
  if (arrived !== SIGNALS) throw new Error(`Cannot count: ${arrived} of ${SIGNALS} arrived`);
  await leave([ada!, bob!]);
  return { ...counts, "sign of life": 0 };
}

/** Of each node: two have rooms in which nothing happens, the third has none. */
async function idleNodes(cluster: Cluster): Promise<Counts[]> {
  const seats = [0, 1, 0, 1];
  const people: WsClient[] = [];
  for (let i = 0; i < IDLE_ROOMS; i++) {
    people.push(...await enter(cluster, seats));
  }
  await pause(QUIET_MS);
  for (const { redis } of cluster.nodes) redis.forget();
  await pause(IDLE_MS);
  const counts = cluster.nodes.map(({ redis }) => countsOf(redis.commands));
  await leave(people);
  return counts;
}

async function counted(cluster: Cluster, work: () => Promise<void>): Promise<Counts> {
  await pause(SETTLE_MS);
  for (const { redis } of cluster.nodes) redis.forget();
  await work();
  await pause(SETTLE_MS);
  return countsOf(cluster.nodes.flatMap(({ redis }) => redis.commands));
}

function countsOf(commands: readonly (readonly string[])[]): Counts {
  const counts: Counts = {
    room: 0,
    "rate limit": 0,
    "message to a node": 0,
    "sign of life": 0,
    other: 0,
  };
  for (const command of commands) counts[kindOf(command)]++;
  return counts;
}

function kindOf([name, ...args]: readonly string[]): Kind {
  if (name === "PUBLISH") return args[1] === ECHO ? "sign of life" : "message to a node";
  if (name !== "EVALSHA") return "other";
  const keys = args.slice(2, 2 + Number(args[1]));
  if (keys.some((key) => key.startsWith("meshlift:limit:"))) return "rate limit";
  const words: Record<string, unknown> = JSON.parse(args.at(-1)!);
  if ("expected" in words) return "room";
  return "count" in words ? "sign of life" : "other";
}

function sum(counts: Counts): number {
  return Object.values(counts).reduce((all, count) => all + count, 0);
}

/** What it was, per `share`. */
function parts(counts: Counts, share: number): string {
  return Object.entries(counts).filter(([, count]) => count > 0)
    .map(([kind, count]) => `${kind} ${rounded(count / share)}`).join(", ");
}

function life(what: string, counts: Counts, people: number, note: string): Figure {
  return {
    kind: "measured",
    target: "T6",
    what,
    value: sum(counts) / people,
    unit: "cmd",
    bound: LIFE,
    note: `${parts(counts, people)}; ${note}`,
    samples: counts,
  };
}

function signal(what: string, counts: Counts, bound?: number): Figure {
  return {
    kind: "measured",
    target: "T6",
    what,
    value: sum(counts) / SIGNALS,
    unit: "cmd",
    ...bound !== undefined && { bound: { is: "at most", value: bound } as const },
    note: `${SIGNALS} signals`,
    samples: counts,
  };
}

/** The busiest of the nodes. */
function idleFigure(what: string, nodes: Counts[]): Figure {
  const minutes = IDLE_MS / 60_000;
  const busiest = nodes.toSorted((a, b) => sum(b) - sum(a))[0]!;
  return {
    kind: "measured",
    target: "T6",
    what,
    value: sum(busiest) / minutes,
    unit: "cmd",
    bound: { is: "at most", value: 30 },
    note: `${parts(busiest, minutes)}; over ${IDLE_MS / 1000} s`,
    samples: nodes,
  };
}
