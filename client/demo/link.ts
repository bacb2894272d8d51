/** Links to a call: what the address bar asks for, what a person pasted, what to share. Pure. @module */

/** What the page was opened for. */
export type Destination =
  | { kind: "start" }
  | { kind: "room"; room: string }
  /** A token from an application's back end; `room` is for display, the node reads the token's own. */
  | { kind: "token"; token: string; room: string | undefined };

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

/** The room that a person typed or pasted: a link, or a name; `undefined` where nothing usable is left. */
export function roomOfInput(text: string): string | undefined {
  const trimmed = text.trim();
  if (/[?&]room=/.test(trimmed)) {
    const query = trimmed.slice(trimmed.indexOf("?")).split("#")[0];
    return new URLSearchParams(query).get("room")?.trim() || undefined;
  }
  if (trimmed.includes("://")) return undefined;
  const name = trimmed.replace(/\s+/g, "-").replace(/[^A-Za-z0-9_-]/g, "").slice(0, 64);
  return name || undefined;
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
