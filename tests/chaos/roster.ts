/**
 * A roster as docs/protocol.md has it folded from frames, and how far it is from who is really there.
 *
 * @module
 */
import { assertNever } from "../../lib/assert_never.ts";
import type { ParticipantInfo, WelcomeFrame } from "../../lib/protocol.ts";

export type Presence = ParticipantInfo["state"];

/** Everyone else, as one client knows them. */
export class Roster {
  readonly people = new Map<string, Presence>();
  #version = 0;

  welcome({ participants, version }: Pick<WelcomeFrame, "participants" | "version">): void {
    this.#version = version;
    this.people.clear();
    for (const { id, state } of participants) this.people.set(id, state);
  }

  /** `false`: it was old. */
  participant({ id, state }: Pick<ParticipantInfo, "id" | "state">, version: number): boolean {
    if (!this.#isNew(version)) return false;
    this.people.set(id, state);
    return true;
  }

  /** `false`: it was old. */
  left(id: string, version: number): boolean {
    if (!this.#isNew(version)) return false;
    this.people.delete(id);
    return true;
  }

  #isNew(version: number): boolean {
    if (version < this.#version) return false;
    this.#version = version;
    return true;
  }
}

/**
 * What really is with someone. `here`: welcomed, and connected. `coming`: on the way to a node; others may have it as
 * active until its node is missed, as away, or not at all. `fading`: went for good a moment ago; others may still have it. `gone`: long enough ago.
 */
export type Truth = "here" | "coming" | "fading" | "gone";

/** One thing that a roster has wrong. `stranger`: nobody of that id was ever welcomed. `self`: whose roster it is. */
export interface Difference {
  id: string;
  real: Truth | "stranger" | "self";
  seen: Presence | "not";
}

/** Where a roster differs from what is. `self`: is not in its own roster. */
export function differences(
  roster: ReadonlyMap<string, Presence>,
  truth: ReadonlyMap<string, Truth>,
  self?: string,
): Difference[] {
  const found: Difference[] = [];
  for (const [id, real] of truth) {
    const seen = roster.get(id) ?? "not";
    if (id !== self && !fits(real, seen)) found.push({ id, real, seen });
  }
  for (const [id, seen] of roster) {
    if (id === self) found.push({ id, real: "self", seen });
    else if (!truth.has(id)) found.push({ id, real: "stranger", seen });
  }
  return found;
}

function fits(real: Truth, seen: Presence | "not"): boolean {
  switch (real) {
    case "here":
      return seen === "active";
    case "coming":
    case "fading":
      return true;
    case "gone":
      return seen === "not";
    default:
      return assertNever(real);
  }
}
