/** What the service leans on, each with a breaker of its own. */
export type Dependency = "store" | "bus";

/** Why a dependency failed, for the log: without what was sent, which @upstash/redis repeats in its errors. */
export function reasonOf(error: unknown): string {
  const cause = error instanceof Unavailable && error.cause !== undefined ? error.cause : error;
  const text = cause instanceof Error
    ? [cause, cause.cause].flatMap((e) => e instanceof Error ? [`${e.name}: ${e.message}`] : [])
      .join("; ")
    : String(cause);
  return text.split(", command was:")[0]!;
}

/** Something that this node leans on is away, too slow or too busy: what was asked did not happen, or nobody knows. */
export class Unavailable extends Error {
  override readonly name = "Unavailable";
  constructor(
    readonly dependency: Dependency,
    why: string,
    /** When another try may be worth it, in ms. */
    readonly retryAfterMs: number,
    options?: ErrorOptions,
  ) {
    super(
      `Cannot use the ${dependency}: ${why}; expected a retry after ${retryAfterMs} ms`,
      options,
    );
  }
}
