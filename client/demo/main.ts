/** The demo: from a link through the lobby into a call, and to its end. @module */
import type { Call, CallError, JoinOptions } from "../api.ts";
import { connectCallDevices, showCall } from "./call_screen.ts";
import { byId } from "./dom.ts";
import { endingOf } from "./ending.ts";
import { textOfError } from "./errors.ts";
import { type Destination, destinationOf, roomOfInput, shareLink } from "./link.ts";
import { connectLobby } from "./lobby.ts";
import { roomName } from "./names.ts";
import { copyText, notify } from "./notices.ts";
import { loadSdk } from "./sdk.ts";
import { listenForShortcuts } from "./shortcuts.ts";
import { fetchToken } from "./tokens.ts";

type Screen = "start" | "lobby" | "call" | "ended";
/** A destination that is a call. */
type Invitation = Exclude<Destination, { kind: "start" }>;

const lobby = connectLobby();
const callDevices = connectCallDevices();

byId("start-call").addEventListener("click", () => goTo(roomName(Math.random)));
byId("join-by-link").addEventListener("submit", (event) => {
  event.preventDefault();
  const room = roomOfInput(byId<HTMLInputElement>("link").value);
  if (room) return goTo(room);
  byId("link-problem").textContent = "Paste a link to a call, or type the name of a room.";
});
byId("room-link").addEventListener("click", () => {
  const { link } = byId("room-link").dataset;
  if (link) copyText(link);
});
byId("rejoin").addEventListener("click", open);
// Going back or to another link is a new visit: the call that was is left by the page's end.
addEventListener("popstate", () => location.reload());
listenForShortcuts((action) => {
  if (document.body.dataset.screen !== "lobby") return;
  if (action === "microphone") lobby.toggle("audioinput");
  if (action === "camera") lobby.toggle("videoinput");
});
open();

function goTo(room: string) {
  history.pushState(null, "", shareLink(location.origin, room));
  open();
}

/** Shows what the address bar asks for. */
function open() {
  const destination = destinationOf(location.href);
  const room = destination.kind === "start" ? undefined : destination.room;
  showRoom(room, linkOf(destination));
  if (destination.kind === "start") return showScreen("start");
  showScreen("lobby");
  lobby.open({
    asksName: destination.kind === "room",
    join: (name, media) => join(destination, name, media),
  });
}

async function join(invitation: Invitation, name: string, media: JoinOptions["media"]) {
  // Asked again on a rejoin, so a demo token may be short-lived.
  const token = invitation.kind === "token"
    ? invitation.token
    : () => fetchToken(invitation.room, name);
  const call = await joinAnyway({ url: location.origin, token, media });
  lobby.close();
  // To look at from the console.
  Object.assign(globalThis, { meshliftCall: call });
  showRoom(call.room.name ?? call.room.id, linkOf(invitation));
  showScreen("call");
  callDevices.refresh();
  showCall(call, { link: linkOf(invitation), ended: showEnding });
}

/** Joins, without devices where it is they that fail: listening is better than standing outside. */
async function joinAnyway(options: JoinOptions): Promise<Call> {
  const { joinCall } = await loadSdk();
  try {
    return await joinCall(options);
  } catch (error) {
    if (!options.media || !isAboutMedia(error)) throw error;
    const call = await joinCall({ ...options, media: false });
    notify(`You joined without camera and microphone. ${textOfError(error)}`, "problem");
    return call;
  }
}

const ABOUT_MEDIA: readonly unknown[] = [
  "permission_denied",
  "device_not_found",
  "device_in_use",
  "insecure_context",
  "not_permitted",
] satisfies CallError["code"][];

function isAboutMedia(error: unknown): boolean {
  return error instanceof Error && "code" in error && ABOUT_MEDIA.includes(error.code);
}

/** Only rooms of the demo are open to whoever has the link. */
function linkOf(destination: Destination): string | undefined {
  return destination.kind === "room" ? shareLink(location.origin, destination.room) : undefined;
}

function showRoom(name: string | undefined, link: string | undefined) {
  const chip = byId<HTMLButtonElement>("room-link");
  chip.hidden = !name;
  chip.disabled = !link;
  chip.dataset.link = link ?? "";
  byId("room-name").textContent = name ?? "";
  document.title = name ? `${name} · meshlift` : "meshlift";
}

function showEnding(error: CallError | undefined) {
  const { title, message, action } = endingOf(error);
  byId("ended-title").textContent = title;
  byId("ended-message").textContent = message;
  byId("ended-action").textContent = action;
  byId("ended").dataset.code = error?.code ?? "left";
  showScreen("ended");
}

function showScreen(screen: Screen) {
  document.body.dataset.screen = screen;
  for (const name of ["start", "lobby", "call", "ended"]) byId(name).hidden = name !== screen;
  byId("call-tools").hidden = screen !== "call";
  byId(screen).querySelector("h1")?.focus({ preventScroll: true });
}
