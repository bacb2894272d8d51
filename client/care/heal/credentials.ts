/**
 * When credentials of TURN servers end. Pure.
 *
 * They are `<end, s since 1970>:<anything>`, by the clock of the service (draft-uberti-behave-turn-rest), which need not
 * be that of this device: what was just issued tells what time it is there.
 *
 * @module
 */
import type { IceServer } from "../../../lib/protocol.ts";
import { HEAL } from "./policy.ts";

/** Credentials as they came. */
export interface Issued {
  /** End, ms of the service's clock. */
  readonly endsAt: number;
  readonly ttlMs: number;
  /** When they came, by our clock. */
  readonly at: number;
}

export function issued(
  { iceServers, ttlSeconds }: { iceServers: readonly IceServer[]; ttlSeconds?: number },
  at: number,
): Issued | undefined {
  const endsAt = endOf(iceServers);
  if (endsAt === undefined || ttlSeconds === undefined) return undefined;
  return { endsAt, ttlMs: ttlSeconds * 1000, at };
}

/** Whether what these servers were used with ends soon, while there is something newer. */
export function endsSoon(
  servers: readonly Pick<RTCIceServer, "username">[],
  { endsAt, ttlMs, at }: Issued,
  now: number,
): boolean {
  const end = endOf(servers);
  if (end === undefined || end >= endsAt) return false;
  const serviceNow = endsAt - ttlMs + (now - at);
  return end - serviceNow < ttlMs * HEAL.renewBelow;
}

function endOf(servers: readonly Pick<RTCIceServer, "username">[]): number | undefined {
  const ends = servers.map(({ username = "" }) => Number.parseInt(username) * 1000)
    .filter((end) => end > 0);
  return ends.length > 0 ? Math.min(...ends) : undefined;
}
