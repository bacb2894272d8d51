/**
 * What has to last before it counts: a processor that is short, packets that get lost. Pure.
 *
 * @module
 */
import { type Lasting, lasting, looking, type Looks } from "../lasting.ts";
import { type Look, upperMedian } from "./evidence.ts";
import { TOP } from "./ladder.ts";
import { ADAPT } from "./policy.ts";

/** What the processor allows. */
export interface Processor {
  /** The highest level. */
  readonly most: number;
  readonly short: Looks;
  /** How long it must do well for more. */
  readonly betterMs: number;
}

export type { Lasting };

const NOT_SO: Looks = { so: false, since: 0 };
export const NOT: Lasting = { is: false, looks: NOT_SO };
export const ALL_ALLOWED: Processor = {
  most: TOP,
  short: NOT_SO,
  betterMs: ADAPT.processorBetterMs,
};

/** A processor that is short for long allows a level less than there is; when it has done well for long, one more. */
export function feelProcessor(
  { processor, level }: { processor: Processor; level: number },
  { isProcessorShort }: Look,
  now: number,
): Processor {
  const { most, betterMs } = processor;
  const short = looking(processor.short, isProcessorShort, now);
  const after = isProcessorShort ? ADAPT.processorAfterMs : betterMs;
  if (now - short.since < after) return { ...processor, short };
  const again = { so: isProcessorShort, since: now };
  if (!isProcessorShort) return { most: Math.min(TOP, most + 1), short: again, betterMs };
  const hasRelapsed = most < TOP;
  return {
    most: Math.max(1, Math.min(level, most) - 1),
    short: again,
    betterMs: hasRelapsed ? betterMs * ADAPT.processorRelapseFactor : betterMs,
  };
}

/** Whether so much is lost that each packet of a voice should carry the one before it too. */
export function feelLoss(before: Lasting, { connections }: Look, now: number): Lasting {
  const reported = connections.flatMap(({ loss }) => loss === undefined ? [] : [loss]);
  if (reported.length === 0) return before;
  const { above, afterMs, below, goneAfterMs } = ADAPT.redundancy;
  const loss = upperMedian(reported);
  const so = before.is ? loss >= below : loss > above;
  return lasting(before, so, { now, afterMs: so ? afterMs : goneAfterMs });
}
