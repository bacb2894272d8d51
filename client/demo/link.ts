/** Links to a call: what the address bar asks for, what a person pasted, what to share. Pure. @module */

/** What the page was opened for. */
export type Destination =
  | { kind: "start" }
  | { kind: "room"; room: string }
  /** A token from an application's back end; `room` is for display, the node reads the token's own. */
  | { kind: "token"; token: string; room: string | undefined };

/** A destination that is a call. */
export type Invitation = Exclude<Destination, { kind: "start" }>;

/** Reads `/`, `/?room=<id>`, `/#token=<jwt>` and `/?room=<id>#token=<jwt>`. */
export function destinationOf(href: string): Destination {
  const url = new URL(href);
  const room = url.searchParams.get("room")?.trim() || undefined;
  const token = new URLSearchParams(url.hash.slice(1)).get("token")?.trim();
  if (token) return { kind: "token", token, room: room ?? roomOfToken(token) };
  return room ? { kind: "room", room } : { kind: "start" };
}

/** The link that lets others join a room of the demo. */
export function shareLink(origin: string, room: string): string {
  return `${origin}/?room=${encodeURIComponent(room)}`;
}

/** What a person typed or pasted: a room, or why it is none. */
export type RoomInput = { kind: "room"; room: string } | { kind: "problem"; text: string };

/** Reads a link to a call, or the name of a room, whose spaces become dashes. */
export function roomOfInput(text: string): RoomInput {
  const trimmed = text.trim();
  if (/[?&]room=/.test(trimmed)) {
    const query = trimmed.slice(trimmed.indexOf("?")).split("#")[0];
    return roomOfName(new URLSearchParams(query).get("room")?.trim() ?? "");
  }
  if (trimmed.includes("://")) return problem("This link does not lead to a call.");
  return roomOfName(trimmed.replace(/\s+/g, "-"));
}

const LONGEST_NAME = 64;

function roomOfName(name: string): RoomInput {
  if (!name) return problem("Paste a link to a call, or type the name of a room.");
  if (/[^A-Za-z0-9_-]/.test(name)) {
    return problem("This is no name of a room: use only letters from A to Z, digits, - and _.");
  }
  if (name.length > LONGEST_NAME) {
    return problem(`This name is too long: use at most ${LONGEST_NAME} characters.`);
  }
  return { kind: "room", room: name };
}

function problem(text: string): RoomInput {
  return { kind: "problem", text };
}

/** The `room` claim of a JWT, unverified (only shown), or `undefined` where it cannot be read. */
function roomOfToken(token: string): string | undefined {
  try {
    const payload = (token.split(".")[1] ?? "").replaceAll("-", "+").replaceAll("_", "/");
    const room = JSON.parse(atob(payload)).room;
    return typeof room === "string" ? room : undefined;
  } catch {
    return undefined;
  }
}
