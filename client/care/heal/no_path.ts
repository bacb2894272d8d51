/**
 * To whom no path is found, from a row of looks. Pure.
 *
 * @module
 */
import type { Connection } from "../../transport.ts";
import { HEAL } from "./policy.ts";

export interface Search {
  /** Since when it has been looked for, or missing, while it could have been found. */
  readonly since: number | undefined;
  /** Since when it is known that the other one looks for it too. */
  readonly answeredAt?: number;
  /** `missing`: nothing was found for long; `told`: and no SFU came instead. */
  readonly tag: "looking" | "missing" | "told";
}

export const NO_SEARCH: Search = { since: undefined, tag: "looking" };

/** What one look has shown. */
export interface SearchLook {
  connection: Connection;
  /** Whether the other one takes part in what is being made. */
  isAnswered?: boolean;
  /** Whether there ought to be a path: it is the mesh that media takes, and the service reaches both. */
  isDue: boolean;
  now: number;
}

export function search(
  { since, answeredAt, tag }: Search,
  { connection, isAnswered, isDue, now }: SearchLook,
): Search {
  if (connection === "connected") return NO_SEARCH;
  // What is known stays true: by an SFU nobody looks for a path.
  if (!isDue) return { since: undefined, tag };
  since ??= now;
  const passed = now - since;
  if (tag === "looking") {
    if (isAnswered) answeredAt ??= now;
    const limit = connection === "reconnecting" ? HEAL.lostPathMs : HEAL.noPathMs;
    const isMissing = passed >= limit || now - (answeredAt ?? now) >= HEAL.noPathMs;
    return isMissing ? { since: now, tag: "missing" } : { since, answeredAt, tag };
  }
  return { since, tag: passed >= HEAL.noPathWarningMs ? "told" : tag };
}
