/**
 * How far each region is.
 *
 * @module
 */
import { PROBE_TIMEOUT_MS } from "./policy.ts";

/** Round trips to `probes`, in ms, by region; what does not answer is left out. */
export async function measureRoundTrips(
  probes: Readonly<Record<string, string>>,
): Promise<Record<string, number>> {
  const measured = await Promise.all(
    Object.entries(probes).map(async ([region, url]) => {
      // The first request opens the connection; the second one measures.
      const opened = await roundTrip(url);
      return [region, opened === undefined ? undefined : await roundTrip(url)] as const;
    }),
  );
  return Object.fromEntries(
    measured.flatMap(([region, ms]) => ms === undefined ? [] : [[region, Math.round(ms)]]),
  );
}

async function roundTrip(url: string): Promise<number | undefined> {
  const began = performance.now();
  try {
    const signal = AbortSignal.timeout(PROBE_TIMEOUT_MS);
    await fetch(url, { mode: "no-cors", cache: "no-store", signal });
    return performance.now() - began;
  } catch {
    return undefined;
  }
}
