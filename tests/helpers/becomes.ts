import { assertEquals } from "@std/assert";

const ASK_EVERY_MS = 50;

/**
 * Asks over and over until the answer is `expected`: for what nothing tells of.
 *
 * @throws {Error} after `withinMs` (by default 5,000), with what differs, or what asking threw
 */
export async function becomes<T>(
  ask: () => T | Promise<T>,
  expected: T,
  { withinMs = 5_000 }: { withinMs?: number } = {},
): Promise<void> {
  const end = performance.now() + withinMs;
  while (true) {
    try {
      return assertEquals(await ask(), expected, `within ${withinMs} ms`);
    } catch (error) {
      if (performance.now() > end) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, ASK_EVERY_MS));
  }
}
