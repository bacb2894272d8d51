/**
 * T11, handover: somebody's network is replaced by another in mid-call -> media both ways again. In the lab, for 10
 * handovers, with nodes and without; and the same after a blackout.
 *
 * @module
 */
import { CHROMIUM, find } from "../../../tools/test/requirements.ts";
import { requireLab } from "../../lab/possible.ts";
import { Stage, type StagedCall } from "../../lab/stage.ts";
import { hearEachOther, VOICE, voiceIsBack } from "../../lab/voices.ts";
import { type Figure, median, percentile, rounded } from "../report/figure.ts";
import { pause } from "../system/proc.ts";

const ROUNDS = 10;
const BLACKOUTS = 5;
const BLACKOUT_MS = 10_000;
const BOUND_MS = 2_000;
/** Between two faults: lifelines are made again meanwhile. */
const SETTLE_MS = 8_000;
const WHAT = "network replaced -> voice both ways again, p95";

/** From the fault, or the end of the blackout, until each heard the other. */
type Round = number;

export async function t11(): Promise<Figure[]> {
  const why = await missing();
  if (why !== undefined) return [{ kind: "not measured", target: "T11", what: WHAT, why }];
  const networks = { wifi: { nat: "cone" }, mobile: { nat: "symmetric" } } as const;
  await using stage = await Stage.set({ hosts: { ada: "cone", bob: networks } });
  const figures: Figure[] = [];
  {
    await using call = await talk(stage);
    figures.push(figure(WHAT, await handovers(stage, call), "cone to symmetric NAT and back"));
    figures.push(figure(
      `  all lost for ${
        BLACKOUT_MS / 1000
      } s -> voice both ways again, from the link's return, p95`,
      await blackouts(stage, call),
      "nothing gets through to or from one of the two",
    ));
  }
  {
    await using call = await talk(stage);
    await stage.lab.nodes[0]!.kill();
    figures.push(figure(
      "  network replaced, no node being there, p95",
      await handovers(stage, call),
      "the only node was killed before the first",
    ));
  }
  return figures;
}

async function missing(): Promise<string | undefined> {
  if (await find(CHROMIUM) === undefined) return "there is no Chromium";
  return await requireLab().then(() => undefined, (error: Error) => error.message);
}

async function talk(stage: Stage): Promise<StagedCall> {
  const call = await stage.call(["ada", "bob"], { media: VOICE });
  await hearEachOther([...call.pages.values()].map(({ page }) => page));
  await pause(SETTLE_MS);
  return call;
}

async function handovers({ lab }: Stage, call: StagedCall): Promise<Round[]> {
  const rounds: Round[] = [];
  for (let i = 0; i < ROUNDS; i++) {
    const bob = lab.host("bob");
    const at = Date.now();
    await bob.move(bob.network === "wifi" ? "mobile" : "wifi");
    rounds.push(await backAfter(call, at, at));
    await pause(SETTLE_MS);
  }
  return rounds;
}

async function blackouts({ lab }: Stage, call: StagedCall): Promise<Round[]> {
  const rounds: Round[] = [];
  for (let i = 0; i < BLACKOUTS; i++) {
    const cutAt = Date.now();
    await lab.host("bob").cut();
    await pause(BLACKOUT_MS);
    await lab.host("bob").restore();
    rounds.push(await backAfter(call, cutAt, Date.now()));
    await pause(SETTLE_MS);
  }
  return rounds;
}

/** How long after `at` both heard each other again, of a fault that began at `since`. */
async function backAfter(call: StagedCall, since: number, at: number): Promise<Round> {
  const silences = await Promise.all([
    voiceIsBack(call.page("ada"), "bob", since),
    voiceIsBack(call.page("bob"), "ada", since),
  ]);
  return Math.max(...silences.map(({ until }) => until)) - at;
}

function figure(what: string, rounds: Round[], how: string): Figure {
  return {
    kind: "measured",
    target: "T11",
    what,
    value: percentile(rounds, 0.95),
    unit: "ms",
    bound: { is: "at most", value: BOUND_MS },
    note: `call of 2, ${how}; ${rounds.length} times, median ${rounded(median(rounds))}: ${
      rounds.map(rounded).join(", ")
    } ms`,
    samples: rounds,
  };
}
