/**
 * T2, against peers: the load of T1 on other signaling servers, each in its own protocol, in the same run.
 *
 * @module
 */
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
import { missingForPeers, PEERS, versions } from "../peers/peers.ts";
import { type Figure, rounded, unlessLoadWasTheLimit } from "../report/figure.ts";
import { barePairs, peerPairs, servicePairs } from "../servers/pairs.ts";
import { RELAY_LOAD } from "./t1_relay.ts";

const ROUNDS = { full: 5, quick: 1 };
const ROUND_MS = { full: 5_000, quick: 1_000 };
const BOUND = { is: "at least", value: 1.8 } as const;
const BARE = "bare Deno relay";
const WHAT = "relay of 2 KB session descriptions, to the best peer";

export async function t2(scale: Scale): Promise<Figure[]> {
  const why = await missingForPeers();
  if (why !== undefined) {
    return [{ kind: "not measured", target: "T2", what: WHAT, bound: BOUND, why }];
  }
  await using stack = new AsyncDisposableStack();
  const service = stack.use(await servicePairs("service", RELAY_LOAD.pairs));
  const bare = stack.use(await barePairs("forward", RELAY_LOAD.pairs, { name: BARE }));
  const peers = [];
  for (const peer of PEERS) peers.push(stack.use(await peerPairs(peer, RELAY_LOAD.pairs)));
  const roundMs = ROUND_MS[scale];
  const trial = { rate: RELAY_LOAD.trialRate, kind: "sdp", roundMs } as const;
  const rate = await rateFor(RELAY_LOAD.utilization, bare, trial);
  const plan = { rate, kind: "sdp", roundMs, rounds: ROUNDS[scale] } as const;
  return report(await compare([service, bare, ...peers], plan), rate, await versions());
}

/** From the rounds to what there is to say. `rate`: of signals a second; `versions`: of the peers, for people. */
export function report(
  { rounds: all, counted }: Comparison,
  rate: number,
  versions: string,
): Figure[] {
  const service = all.get("service")!;
  const perCpuSecond = (rounds: Round[]) => medianOf(rounds, (r) => r.perCpuSecond);
  // In its own protocol, as its own client speaks it.
  const [best] = PEERS.filter(({ compared }) => !compared).toSorted((a, b) =>
    perCpuSecond(all.get(b.name)!) - perCpuSecond(all.get(a.name)!)
  );
  const others = all.get(best!.name)!;
  const bare = ratio(all.get(BARE)!, others);
  const busiest = Math.max(
    ...all.values().map((rounds) => medianOf(rounds, (r) => r.loadUtilization)),
  );
  const figures: Figure[] = [
    {
      kind: "measured",
      target: "T2",
      what: WHAT,
      value: ratio(service, others),
      unit: "x",
      bound: BOUND,
      note: `${counted}, at ${rate}/s; the best is ${best!.name}; ratios of the ` +
        `rounds ${range(ratios(service, others))}; ${versions}`,
      samples: Object.fromEntries(all),
    },
    {
      kind: "measured",
      target: "T2",
      what: `  ${BARE}, to the best peer`,
      value: bare,
      unit: "x",
      note: `${BOUND.value} times the best peer is ${
        rounded(BOUND.value / bare)
      } times the bare relay of the same runtime; ratios of the rounds ${
        range(ratios(all.get(BARE)!, others))
      }`,
    },
    ...[...all].map(([name, rounds]): Figure => ({
      kind: "measured",
      target: "T2",
      what: `  ${name}`,
      value: perCpuSecond(rounds),
      unit: "/CPU s",
      note: `${range(rounds.map((r) => r.perCpuSecond))}; at ${
        rounded(100 * medianOf(rounds, (r) => r.utilization))
      } % of a core, p99 ${rounded(medianOf(rounds, (r) => r.delayMs.p99))} ms; ${
        PEERS.find((peer) => peer.name === name)?.how ?? "on Deno"
      }`,
    })),
  ];
  return figures.map((figure) => unlessLoadWasTheLimit(busiest, figure));
}
