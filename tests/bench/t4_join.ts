/**
 * T4, join: WebSocket open -> `welcome`, 2,000 joins at 200 a second.
 *
 * @module
 */
import { type Figure, median, percentile, rounded, spread } from "./figure.ts";
import { provision, startNode } from "./node.ts";
import { Load } from "./process.ts";

const JOINS = 2_000;
const RATE = 200;
const PER_ROOM = 4;
const ROUNDS = 5;

const BOUND_MS = { memory: 15, redis: 40 };

interface Round {
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  /** How late the load program's own timers were, in ms. */
  readonly lagP99: number;
  readonly joinMs: number[];
}

export async function t4(): Promise<Figure[]> {
  await using node = await startNode();
  const rounds: Round[] = [];
  for (let i = 0; i < ROUNDS; i++) {
    const tokens = await provision(node, { rooms: JOINS / PER_ROOM, perRoom: PER_ROOM });
    await using load = new Load();
    const sockets = tokens.map((token) => ({ token }));
    const { joinMs, lagMs } = await load.connect({ url: node.wsUrl, sockets, connectRate: RATE });
    await load.leave();
    rounds.push({ ...spread(joinMs), lagP99: percentile(lagMs, 0.99), joinMs });
  }
  const of = (read: (round: Round) => number) => rounded(median(rounds.map(read)));
  return [
    {
      kind: "measured",
      target: "T4",
      what: "join, memory store, p99",
      value: median(rounds.map(({ p99 }) => p99)),
      unit: "ms",
      bound: { is: "at most", value: BOUND_MS.memory },
      note:
        `p50 ${of((r) => r.p50)} ms, p95 ${of((r) => r.p95)} ms; medians of ${ROUNDS} rounds of ` +
        `${JOINS} joins at ${RATE}/s, p99 each ${
          rounds.map((r) => rounded(r.p99)).join(", ")
        } ms; ` +
        `own timers late by p99 ${of((r) => r.lagP99)} ms`,
      samples: rounds,
    },
    {
      kind: "not measured",
      target: "T4",
      what: "join, Redis, p99",
      why: "no shared store yet",
    },
  ];
}
