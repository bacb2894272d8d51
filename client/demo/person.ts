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
  /** Whether there is a picture to show; of a connection that is given up, only a black one is left. */
  pictured: boolean;
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

const UNSEEN: readonly Presence[] = ["connecting", "failed", "away"];

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

/** How to show another participant; `before`: how it was shown until now. */
export function personOf(
  participant: Known<Participant>,
  name = nameOf(participant),
  before?: Presence,
): Person {
  return describe(participant, name, presenceOf(participant, before), participant.quality);
}

/** How to show each participant, from one look to the next; made anew for each call. */
export function viewsOf(
  name: (someone: Named) => string,
): (participant: Known<Participant>) => Person {
  const presences = new WeakMap<Known<Participant>, Presence>();
  return (participant) => {
    const person = personOf(participant, name(participant), presences.get(participant));
    presences.set(participant, person.presence);
    return person;
  };
}

/** How to show oneself; `paused`: one's camera is on, but not sent. */
export function selfOf(self: Known<Self>, name = nameOf(self), paused = false): Person {
  const presence = paused ? "paused" : "here";
  return { ...describe(self, `${name} (you)`, presence, undefined), initials: initials(name) };
}

/** Each attempt to reach someone who could not be reached is no news, until one of them stands. */
function presenceOf(
  { state, connection, paused, media }: Known<Participant>,
  before: Presence | undefined,
): Presence {
  if (state === "away") return "away";
  if (connection === "connected") return paused && media.camera ? "paused" : "here";
  return before === "failed" ? "failed" : connection;
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
    pictured: media.camera && !UNSEEN.includes(presence),
    hand,
    presence,
    quality,
    summary: facts.filter(Boolean).join(", "),
  };
}
