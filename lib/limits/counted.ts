import type { DecidedBy, Limits, RuleName, Verdict } from "./mod.ts";

/** A number, and what it is of. */
interface Reading {
  value: number;
  attributes: { rule: RuleName; outcome: Verdict["kind"]; decidedBy: DecidedBy };
}

/** Verdicts of this node, as plain numbers: the metrics read them when they are asked. */
export class LimitCounters {
  readonly #verdicts = new Map<string, Reading>();

  /** One more. */
  count({ rule, kind: outcome, decidedBy }: Verdict): void {
    const name = `${rule} ${outcome} ${decidedBy}`;
    const reading = this.#verdicts.get(name);
    if (reading) reading.value++;
    else this.#verdicts.set(name, { value: 1, attributes: { rule, outcome, decidedBy } });
  }

  /** All that is not zero. */
  readings(): readonly Reading[] {
    return [...this.#verdicts.values()];
  }
}

/** The same limits, counted. */
export function countedLimits(limits: Limits, counters: LimitCounters): Limits {
  return {
    async take(rule, subject, now) {
      const verdict = await limits.take(rule, subject, now);
      counters.count(verdict);
      return verdict;
    },
  };
}
