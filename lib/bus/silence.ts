/** What is known of a connection that can die without a word: times in ms. */
export interface Silence {
  readonly heardAtMs: number;
  /** When it was asked for a sign of life that has not come. */
  readonly askedAtMs: number | undefined;
}

export type Verdict = { kind: "wait"; untilMs: number } | { kind: "ask" } | { kind: "dead" };

/**
 * What to do about a silence: one that lasts `quietMs` is asked; without an answer for `echoMs` it is death. `lateMs`
 * is by how much the look comes after the time that was meant for it: a process that stood still has not read what came
 * meanwhile, and looks once more.
 */
export function judge(
  { heardAtMs, askedAtMs }: Silence,
  { nowMs, lateMs }: { nowMs: number; lateMs: number },
  { quietMs, echoMs }: { quietMs: number; echoMs: number },
): Verdict {
  if (askedAtMs === undefined) {
    const untilMs = heardAtMs + quietMs;
    return nowMs < untilMs ? { kind: "wait", untilMs } : { kind: "ask" };
  }
  const untilMs = lateMs > echoMs / 4 ? nowMs + echoMs : askedAtMs + echoMs;
  return nowMs < untilMs ? { kind: "wait", untilMs } : { kind: "dead" };
}
