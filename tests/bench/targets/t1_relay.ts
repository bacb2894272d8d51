/**
 * T1, relay cost: 2 KB signals between pairs of sockets on one node, messages per second of server CPU, against bare
 * relays that the same load program drives in turn in the same run. It is held to the cheapest of them: one that, like
 * the service, has switched the runtime's own pings off.
 *
 * @module
 */
import type { PayloadKind } from "../load/payloads.ts";
import { IDLE_TIMEOUT } from "../load/process.ts";
import {
  compare,
  type Comparison,
  medianOf,
  range,
  rateFor,
  ratio,
  ratios,
  type Round,
} from "../load/rounds.ts";
import type { Scale } from "../report/results.ts";
import { type Figure, rounded, unlessLoadWasTheLimit } from "../report/figure.ts";
import { barePairs, servicePairs } from "../servers/pairs.ts";

const ROUNDS = { full: 5, quick: 2 };
const ROUND_MS = { full: 5_000, quick: 1_200 };
/** Of T1 and of T2. */
export const RELAY_LOAD = {
  pairs: 60,
  /**
   * Of one core, on the bare relay that forwards: above the noise, and below saturation not only of the servers but also of the
   * load program, which has about twice a server's work, and of a machine of two cores.
   */
  utilization: 0.25,
  /** Signals a second, at which it is found out which rate that is. */
  trialRate: 8_000,
} as const;

/** Bare relays that it is not held to, by their name. */
const COMPARED = [
  [
    "pinging",
    `  to a bare relay with the runtime's pings, idleTimeout ${IDLE_TIMEOUT.default} s (default)`,
  ],
  ["named", "  to a bare relay that names the sender, as the wire needs"],
] as const;

export async function t1(scale: Scale): Promise<Figure[]> {
  await using service = await servicePairs("service", RELAY_LOAD.pairs);
  await using forward = await barePairs("forward", RELAY_LOAD.pairs);
  await using pinging = await barePairs("forward", RELAY_LOAD.pairs, {
    name: "pinging",
    idleTimeout: IDLE_TIMEOUT.default,
  });
  await using named = await barePairs("named", RELAY_LOAD.pairs);
  const roundMs = ROUND_MS[scale];
  const trial = { rate: RELAY_LOAD.trialRate, kind: "sdp", roundMs } as const;
  const rate = await rateFor(RELAY_LOAD.utilization, forward, trial);
  const figures: Figure[] = [];
  for (const kind of scale === "quick" ? ["sdp"] as const : ["sdp", "plain"] as const) {
    const plan = { rate, kind, roundMs, rounds: ROUNDS[scale] };
    figures.push(...report(kind, await compare([service, forward, pinging, named], plan), roundMs));
  }
  return figures;
}

/** From the rounds to what there is to say. */
export function report(
  kind: PayloadKind,
  { rounds: all, counted }: Comparison,
  roundMs: number,
): Figure[] {
  const payload = kind === "sdp" ? "2 KB session descriptions" : "2 KB plain text";
  const of = (name: string) => all.get(name)!;
  const [service, forward] = [of("service"), of("forward")];
  const rate = (rounds: Round[]) => rounded(medianOf(rounds, (r) => r.perCpuSecond));
  const note =
    `${counted}, of ${roundMs / 1000} s, at ${rounded(medianOf(service, (r) => r.perSecond))}/s: ${
      rate(service)
    } against ${rate(forward)} (forwarding, no pings of the runtime, as in the service), ` +
    `${rate(of("pinging"))} (forwarding, with them) and ${
      rate(of("named"))
    } (naming the sender) per CPU s; ratios of the rounds ${
      range(ratios(service, forward))
    }; service at ${rounded(100 * medianOf(service, (r) => r.utilization))} % of a core, p99 ${
      rounded(medianOf(service, (r) => r.delayMs.p99))
    } ms`;
  const target = { is: "at least", value: 1 } as const;
  const busiest = Math.max(
    ...all.values().map((rounds) => medianOf(rounds, (r) => r.loadUtilization)),
  );
  const figures: Figure[] = [
    {
      kind: "measured",
      target: "T1",
      what: `relay of ${payload}, to a bare relay`,
      value: ratio(service, forward),
      unit: "x",
      // Signals are session descriptions and candidates: the other payload is to compare with.
      bound: kind === "sdp" ? target : undefined,
      note,
      samples: Object.fromEntries(all),
    },
    ...COMPARED.map(([name, what]): Figure => ({
      kind: "measured",
      target: "T1",
      what,
      value: ratio(service, of(name)),
      unit: "x",
      note: `ratios of the rounds ${range(ratios(service, of(name)))}`,
    })),
  ];
  return figures.map((figure) => unlessLoadWasTheLimit(busiest, figure));
}
