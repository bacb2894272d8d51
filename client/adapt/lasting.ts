/**
 * What has to last before it counts: a processor that is short, packets that get lost. Pure.
 *
 * @module
 */
import { ADAPT } from "./policy.ts";
import { type Look, median } from "./evidence.ts";
import { TOP } from "./ladder.ts";

/** What the processor allows. */
export interface Processor {
  readonly most: number;
  readonly short: Lasting;
  readonly betterMs: number;
}

/** Whether something is so, and since when it has looked that way. */
export interface Lasting {
  readonly is: boolean;
  readonly looks: boolean;
  readonly since: number;
}

export const NOT = { is: false, looks: false, since: 0 };

/** A processor that is short for long allows a level less than there is; when it has done well for long, one more. */
export function feelProcessor(
  { processor: { most, short, betterMs }, level }: { processor: Processor; level: number },
  { isProcessorShort }: Look,
  now: number,
): Processor {
  const after = isProcessorShort ? ADAPT.processorAfterMs : betterMs;
  const since = isProcessorShort === short.looks ? short.since : now;
  if (now - since < after) {
    return { most, short: { ...short, looks: isProcessorShort, since }, betterMs };
  }
  const next = { is: isProcessorShort, looks: isProcessorShort, since: now };
  if (!isProcessorShort) return { most: Math.min(TOP, most + 1), short: next, betterMs };
  const relapsed = most < TOP ? betterMs * 2 : betterMs;
  return { most: Math.max(1, Math.min(level, most) - 1), short: next, betterMs: relapsed };
}

export function feelLoss(before: Lasting, { connections }: Look, now: number): Lasting {
  const reported = connections.flatMap(({ loss }) => loss === undefined ? [] : [loss]);
  if (reported.length === 0) return before;
  const { above, afterMs, below, goneAfterMs } = ADAPT.redundancy;
  const loss = median(reported);
  const looks = before.is ? loss >= below : loss > above;
  const since = looks === before.looks ? before.since : now;
  return { is: now - since >= (looks ? afterMs : goneAfterMs) ? looks : before.is, looks, since };
}
