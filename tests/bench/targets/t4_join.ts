/**
 * T4, join: WebSocket open -> `welcome`, 2,000 joins at 200 a second.
 *
 * @module
 */
import { find, REDIS_SERVER } from "../../../tools/test/requirements.ts";
import type { Service } from "../../helpers/service.ts";
import { type Figure, median, rounded, spread, unlessLoadWasTheLimit } from "../report/figure.ts";
import type { Scale } from "../report/results.ts";
import { provision, startNode } from "../servers/node.ts";
import { cpuSeconds, hasProc } from "../system/proc.ts";
import { Load } from "../load/process.ts";
import { startRestRedis } from "../servers/rest_redis.ts";

const JOINS = { full: 2_000, quick: 600 };
const RATE = 200;
const PER_ROOM = 4;
const ROUNDS = { full: 5, quick: 1 };

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
  /** CPU of the load program, as a share of one core. */
  readonly loadUtilization: number;
}

export async function t4(scale: Scale): Promise<Figure[]> {
  const one = await memory(scale);
  return scale === "quick" ? [one] : [one, await redis()];
}

async function memory(scale: Scale): Promise<Figure> {
  await using node = await startNode();
  return report("memory store", BOUND_MS.memory, await rounds(node, scale));
}

async function redis(): Promise<Figure> {
  if (await find(REDIS_SERVER) === undefined) {
    const what = "join, REST Redis on the same host, p99";
    const bound = { is: "at most", value: BOUND_MS.redis } as const;
    const why = "there is no redis-server";
    return { kind: "not measured", target: "T4", what, unit: "ms", bound, why };
  }
  await using store = await startRestRedis();
  await using node = await startNode(store.env);
  const all = await rounds(node, "full", [node.pid, store.pid]);
  const [ofNode, ofGateway] = [0, 1].map((i) => rounded(median(all.map(({ cpuMs }) => cpuMs[i]!))));
  const cpu = `CPU per join: node ${ofNode} ms, gateway ${ofGateway} ms`;
  return report("REST Redis on the same host", BOUND_MS.redis, all, hasProc() ? cpu : "");
}

/** `pids`: whose CPU time is counted, where the system tells. */
async function rounds(node: Service, scale: Scale, pids: readonly number[] = []): Promise<Round[]> {
  const joins = JOINS[scale];
  const cpu = () => pids.map((pid) => hasProc() ? cpuSeconds(pid) : 0);
  const rounds: Round[] = [];
  for (let i = 0; i < ROUNDS[scale]; i++) {
    const tokens = await provision(node, { rooms: joins / PER_ROOM, perRoom: PER_ROOM });
    await using load = new Load();
    const sockets = tokens.map((token) => ({ token }));
    const before = cpu();
    const [began, loadBefore] = [performance.now(), hasProc() ? cpuSeconds(load.pid) : 0];
    const { joinMs, lagMs } = await load.connect({
      urls: [node.wsUrl],
      sockets,
      connectRate: RATE,
    });
    const cpuMs = cpu().map((seconds, i) => (seconds - before[i]!) * 1000 / joins);
    const loadUtilization = hasProc()
      ? (cpuSeconds(load.pid) - loadBefore) / (performance.now() - began) * 1_000
      : 0;
    await load.leave();
    const lag = spread(lagMs);
    rounds.push({
      ...spread(joinMs),
      lagP50: lag.p50,
      lagP99: lag.p99,
      cpuMs,
      joinMs,
      loadUtilization,
    });
  }
  return rounds;
}

function report(store: string, boundMs: number, rounds: Round[], more = ""): Figure {
  const of = (read: (round: Round) => number) => rounded(median(rounds.map(read)));
  const figure: Figure = {
    kind: "measured",
    target: "T4",
    what: `join, ${store}, p99`,
    value: median(rounds.map(({ p99 }) => p99)),
    unit: "ms",
    bound: { is: "at most", value: boundMs },
    note:
      `p50 ${of((r) => r.p50)} ms, p95 ${
        of((r) => r.p95)
      } ms; medians of ${rounds.length} rounds of ` +
      `${rounds[0]!.joinMs.length} joins at ${RATE}/s, p99 each ${
        rounds.map((r) => rounded(r.p99)).join(", ")
      } ms; ` +
      `own timers late by p50 ${of((r) => r.lagP50)}, p99 ${of((r) => r.lagP99)} ms` +
      (more ? `; ${more}` : ""),
    samples: rounds,
  };
  return unlessLoadWasTheLimit(median(rounds.map((round) => round.loadUtilization)), figure);
}
