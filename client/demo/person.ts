/** What the page says about someone in the call, in one view model. Pure. @module */
import type { Participant, Quality, Self } from "../api.ts";
import { hueOf, initials } from "./names.ts";

export type Presence = "here" | "paused" | "connecting" | "reconnecting" | "failed" | "away";

export interface Person {
  name: string;
  initials: string;
  hue: number;
  muted: boolean;
  camera: boolean;
  /** When the hand was raised, ms since 1970. */
  hand: number | undefined;
  presence: Presence;
  /** Not known of oneself. */
  quality: Quality | undefined;
  /** All of it in words, for screen readers. */
  summary: string;
}

/** What to write for each presence; nothing for someone who is simply here. */
export const PRESENCE_TEXT: Readonly<Record<Presence, string>> = {
  here: "",
  paused: "Camera paused",
  connecting: "Connecting…",
  reconnecting: "Reconnecting…",
  failed: "No way to reach them. Still trying…",
  away: "Lost the connection. Waiting…",
};

/** What to write for each quality. */
export const QUALITY_TEXT: Readonly<Record<Quality, string>> = {
  excellent: "excellent",
  good: "good",
  poor: "poor",
  lost: "lost",
  unknown: "not measured yet",
};

/** How many of three bars stand for a quality. */
export const QUALITY_BARS: Readonly<Record<Quality, number>> = {
  excellent: 3,
  good: 2,
  poor: 1,
  lost: 0,
  unknown: 0,
};

/** Who gives no name. */
export const GUEST = "Guest";

/** Whom to name. */
export type Named = Pick<Participant, "id" | "name" | "identity">;

/** The name of someone, with the identity where there is none. */
export function nameOf(someone: Pick<Participant, "name" | "identity">): string {
  return someone.name?.trim() || someone.identity || GUEST;
}

/**
 * Names for one call, each its own to the viewer: {@linkcode nameOf}, but of several guests the second is Guest 2,
 * and so on, in the order of joining.
 *
 * @param present who is there already, in that order; others follow as they are first asked for
 */
export function namesOf(present: Iterable<Named>): (someone: Named) => string {
  const guests: string[] = [];
  const name = (someone: Named) => {
    const own = nameOf(someone);
    if (own !== GUEST) return own;
    if (!guests.includes(someone.id)) guests.push(someone.id);
    const number = guests.indexOf(someone.id) + 1;
    return number === 1 ? GUEST : `${GUEST} ${number}`;
  };
  for (const someone of present) name(someone);
  return name;
}

/** What there is to know of someone besides the streams. */
type Known<Someone> = Omit<Someone, "stream" | "screen">;

/** How to show another participant. */
export function personOf(
  participant: Known<Participant>,
  name = nameOf(participant),
): Person {
  const presence = participant.state === "away"
    ? "away"
    : participant.connection === "connected"
    ? participant.paused && participant.media.camera ? "paused" : "here"
    : participant.connection;
  return describe(participant, name, presence, participant.quality);
}

/** How to show oneself. */
export function selfOf(self: Known<Self>, name = nameOf(self)): Person {
  return { ...describe(self, `${name} (you)`, "here", undefined), initials: initials(name) };
}

function describe(
  someone: Known<Participant> | Known<Self>,
  name: string,
  presence: Presence,
  quality: Quality | undefined,
): Person {
  const { media, attributes } = someone;
  const hand = typeof attributes.hand === "number" ? attributes.hand : undefined;
  const facts = [
    name,
    media.microphone ? undefined : "microphone off",
    media.camera ? undefined : "camera off",
    hand === undefined ? undefined : "hand raised",
    PRESENCE_TEXT[presence].replace("…", "") || undefined,
    quality ? `connection ${QUALITY_TEXT[quality]}` : undefined,
  ];
  return {
    name,
    initials: initials(name),
    hue: hueOf(someone.identity),
    muted: !media.microphone,
    camera: media.camera,
    hand,
    presence,
    quality,
    summary: facts.filter(Boolean).join(", "),
  };
}
