/**
 * What a session notes as its participant's `display` in the VideoRoom, for another node to find: the handle that
 * receives, or `0` where it receives nothing.
 *
 * @module
 */
export function displayOf(receiver: number | undefined): string {
  return String(receiver ?? 0);
}

/** The handle that receives; `undefined`: none. */
export function receiverOf(display: string | undefined): number | undefined {
  const handle = Number(display);
  return handle > 0 ? handle : undefined;
}
