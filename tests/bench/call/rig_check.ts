/**
 * Proof that silence and frame gaps would be found: one participant makes them, and all others must miss them.
 *
 * @module
 */
import { missingIn } from "./gaps.ts";
import type { HeardCall } from "./heard_call.ts";
import { pause } from "../system/proc.ts";

const MUTED_MS = 50;
/** Sound goes out in packets of 20 ms of blocks of 10 ms, and is stretched or squeezed a little by its receivers. */
const SOUND_ERROR_MS = 5;
const FROZEN_MS = 300;
/** Frames come one by one, and to one frozen sender the first frame may be a key frame that takes a while. */
const FRAMES_AROUND_MS = 250;
const TRIES = 5;
const LEAD_MS = 500;
const TAIL_MS = 1_500;

export interface RigError {
  /** Between a silence as it was made and as it was found, in ms, at each listener. */
  readonly silenceMs: readonly number[];
}

/** @throws {Error} if what was made was not found, with what was found. */
export async function proveRig(call: HeardCall): Promise<RigError> {
  let last: unknown;
  for (let i = 0; i < TRIES; i++) {
    const [heard, seen] = [await muted(call), await frozen(call)];
    last = { heard, seen };
    const silenceMs = heard.found.map((ms) => ms - heard.made);
    const isHeard = silenceMs.every((ms) => Math.abs(ms) <= SOUND_ERROR_MS);
    const isSeen = seen.found.every((ms) =>
      ms >= seen.made - SOUND_ERROR_MS && ms <= seen.made + FRAMES_AROUND_MS
    );
    if (isHeard && isSeen) return { silenceMs };
  }
  throw new Error(
    `Cannot measure: of a silence of ${MUTED_MS} ms and a picture frozen for ${FROZEN_MS} ms, ` +
      `that one participant made, the others missed ${JSON.stringify(last)}`,
  );
}

async function muted(call: HeardCall) {
  const { made, missing } = await make(call, (ms) => bench.mute(ms), MUTED_MS);
  return { made, found: missing.map(({ silenceMs }) => silenceMs) };
}

async function frozen(call: HeardCall) {
  const { made, missing } = await make(call, (ms) => bench.freeze(ms), FROZEN_MS);
  return { made, found: missing.map(({ frameGapMs }) => frameGapMs) };
}

/** What the others missed of the first participant. */
async function make(call: HeardCall, what: (ms: number) => Promise<number>, ms: number) {
  const [maker] = call.people;
  const from = Date.now();
  await pause(LEAD_MS);
  const made = await maker!.page.page.evaluate(what, ms);
  await pause(TAIL_MS);
  const span = { from, to: Date.now() };
  const all = missingIn(await call.timelines(span), span);
  return { made, missing: all.filter(({ of }) => of === maker!.identity) };
}
