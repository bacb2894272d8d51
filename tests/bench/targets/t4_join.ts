/**
 * T4, join: WebSocket open -> `welcome`, 2,000 joins at 200 a second.
 *
 * @module
 */
import { find, REDIS_SERVER } from "../../../tools/test/requirements.ts";
import type { Service } from "../../helpers/service.ts";
import { type Figure, median, rounded, spread } from "../report/figure.ts";
import { provision, startNode } from "../servers/node.ts";
import { cpuSeconds, hasProc } from "../system/proc.ts";
import { Load } from "../load/process.ts";
import { startRestRedis } from "../servers/rest_redis.ts";

const JOINS = 2_000;
const RATE = 200;
const PER_ROOM = 4;
const ROUNDS = 5;

const BOUND_MS = { memory: 15, redis: 40 };

interface Round {
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  /** How late the load program's own timers were, in ms: what it saw of a join is late by as much. */
  readonly lagP50: number;
  readonly lagP99: number;
  /** CPU per join. */
  readonly cpuMs: number[];
  readonly joinMs: number[];
}

export async function t4(): Promise<Figure[]> {
  return [await memory(), await redis()];
}

async function memory(): Promise<Figure> {
  await using node = await startNode();
  return report("memory store", BOUND_MS.memory, await rounds(node));
}

async function redis(): Promise<Figure> {
  if (await find(REDIS_SERVER) === undefined) {
    const what = "join, REST Redis on the same host, p99";
    return { kind: "not measured", target: "T4", what, why: "there is no redis-server" };
  }
  await using store = await startRestRedis();
  await using node = await startNode(store.env);
  const all = await rounds(node, [node.pid, store.pid]);
  const [ofNode, ofGateway] = [0, 1].map((i) => rounded(median(all.map(({ cpuMs }) => cpuMs[i]!))));
  const cpu = `CPU per join: node ${ofNode} ms, gateway ${ofGateway} ms`;
  return report("REST Redis on the same host", BOUND_MS.redis, all, hasProc() ? cpu : "");
}

/** `pids`: whose CPU time is counted, where the system tells. */
async function rounds(node: Service, pids: readonly number[] = []): Promise<Round[]> {
  const cpu = () => pids.map((pid) => hasProc() ? cpuSeconds(pid) : 0);
  const rounds: Round[] = [];
  for (let i = 0; i < ROUNDS; i++) {
    const tokens = await provision(node, { rooms: JOINS / PER_ROOM, perRoom: PER_ROOM });
    await using load = new Load();
    const sockets = tokens.map((token) => ({ token }));
    const before = cpu();
    const { joinMs, lagMs } = await load.connect({
      urls: [node.wsUrl],
      sockets,
      connectRate: RATE,
    });
    const cpuMs = cpu().map((seconds, i) => (seconds - before[i]!) * 1000 / JOINS);
    await load.leave();
    const lag = spread(lagMs);
    rounds.push({ ...spread(joinMs), lagP50: lag.p50, lagP99: lag.p99, cpuMs, joinMs });
  }
  return rounds;
}

function report(store: string, boundMs: number, rounds: Round[], more = ""): Figure {
  const of = (read: (round: Round) => number) => rounded(median(rounds.map(read)));
  return {
    kind: "measured",
    target: "T4",
    what: `join, ${store}, p99`,
    value: median(rounds.map(({ p99 }) => p99)),
    unit: "ms",
    bound: { is: "at most", value: boundMs },
    note:
      `p50 ${of((r) => r.p50)} ms, p95 ${of((r) => r.p95)} ms; medians of ${ROUNDS} rounds of ` +
      `${JOINS} joins at ${RATE}/s, p99 each ${rounds.map((r) => rounded(r.p99)).join(", ")} ms; ` +
      `own timers late by p50 ${of((r) => r.lagP50)}, p99 ${of((r) => r.lagP99)} ms` +
      (more ? `; ${more}` : ""),
    samples: rounds,
  };
}
