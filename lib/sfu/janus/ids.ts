/**
 * Ids of sessions in Janus. They are chosen here, so that a session can be ended whose making was never answered, and
 * so that the sessions by which nodes make rooms can be told from those of participants.
 *
 * @module
 */

/** Below are nodes' sessions, from here on participants'. */
const PARTICIPANTS_FROM = 2 ** 32;

export function randomSessionId(of: "control" | "participant"): number {
  const [high = 0, low = 0] = crypto.getRandomValues(new Uint32Array(2));
  if (of === "control") return low || 1;
  // 53 bits, as Janus's own; the upper part is at least 1.
  return (1 + high % (2 ** 21 - 1)) * PARTICIPANTS_FROM + low;
}

export function isParticipants(session: number): boolean {
  return session >= PARTICIPANTS_FROM;
}
