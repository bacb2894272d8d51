/** What the service that serves this page offers, as it says itself. @module */

const LIMIT_MS = 3_000;

/** Whether rooms of the demo may be opened; taken to be so where the service does not say. */
export async function fetchRoomsOpen(): Promise<boolean> {
  try {
    const response = await fetch("/demo/settings.json", { signal: AbortSignal.timeout(LIMIT_MS) });
    return roomsOpen(await response.json());
  } catch {
    return true;
  }
}

/** The same, of the service's answer. Pure. */
export function roomsOpen(answer: unknown): boolean {
  return !(typeof answer === "object" && answer !== null && "rooms" in answer &&
    answer.rooms === false);
}
