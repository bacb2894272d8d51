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
  /**
   * `again`: nothing came of what the other one took part in, and another is made to see whether it still does, or had only
   * come back for a moment; `missing`: nothing was found for long; `told`: and no SFU came instead.
   */
  readonly tag: "looking" | "again" | "missing" | "told";
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
  if (!isDue) return { since: undefined, tag: isOpen(tag) ? "looking" : tag };
  since ??= now;
  const passed = now - since;
  if (!isOpen(tag)) return { since, tag: passed >= HEAL.noPathWarningMs ? "told" : tag };
  const limit = connection === "reconnecting" ? HEAL.lostPathMs : HEAL.noPathMs;
  if (passed >= limit || (tag === "again" && isAnswered)) return { since: now, tag: "missing" };
  if (isAnswered) answeredAt ??= now;
  const isLong = now - (answeredAt ?? now) >= HEAL.noPathMs;
  return { since, answeredAt, tag: isLong ? "again" : tag };
}

/** Whether a path may still be found in time. */
export function isOpen(tag: Search["tag"]): boolean {
  return tag === "looking" || tag === "again";
}
