/** The demo: from a link through the lobby into a call, and to its end. @module */
import type { Call, CallError, JoinOptions } from "../api.ts";
import { connectCallDevices, type Devices, showCall } from "./call_screen.ts";
import { chosenMedia } from "./chosen_devices.ts";
import { byId, setAttribute } from "./dom.ts";
import { endingOf, isFinal } from "./ending.ts";
import { textOfError } from "./errors.ts";
import {
  type Destination,
  destinationOf,
  type Invitation,
  roomOfInput,
  shareLink,
} from "./link.ts";
import { connectLobby } from "./lobby.ts";
import { roomName } from "./names.ts";
import { copyText, notify } from "./notices.ts";
import { loadSdk } from "./sdk.ts";
import { fetchRoomsOpen } from "./settings.ts";
import { listenForShortcuts } from "./shortcuts.ts";
import { fetchToken } from "./tokens.ts";

const SCREENS = ["start", "no-rooms", "lobby", "call", "ended"] as const;
type Screen = typeof SCREENS[number];

const roomsOpen = fetchRoomsOpen();
const lobby = connectLobby();
const callDevices = connectCallDevices();
/** Joins the call that was last left once more, as it was. */
let rejoin = () => Promise.resolve();

byId("start-call").addEventListener("click", () => goTo(roomName(Math.random)));
byId("join-by-link").addEventListener("submit", (event) => {
  event.preventDefault();
  const input = roomOfInput(byId<HTMLInputElement>("link").value);
  if (input.kind === "room") goTo(input.room);
  else byId("link-problem").textContent = input.text;
});
byId("room-link").addEventListener("click", () => {
  const { link } = byId("room-link").dataset;
  if (link) copyText(link);
});
byId("rejoin").addEventListener("click", () => rejoin());
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
async function open() {
  const destination = destinationOf(location.href);
  const room = destination.kind === "start" ? undefined : destination.room;
  if (destination.kind !== "token" && !await roomsOpen) {
    byId("no-rooms-link").hidden = !room;
    return showScreen("no-rooms");
  }
  showRoom(room, linkOf(destination));
  if (destination.kind === "start") return showScreen("start");
  showScreen("lobby");
  lobby.open({
    asksName: destination.kind === "room",
    join: (name, media) => join(destination, name, media),
  });
}

/** @throws what another attempt may mend */
async function join(invitation: Invitation, name: string, media: JoinOptions["media"]) {
  // Asked again on a rejoin, so a demo token may be short-lived.
  const token = invitation.kind === "token"
    ? invitation.token
    : () => fetchToken(invitation.room, name);
  const call = await joinAnyway({ url: location.origin, token, media }).catch((error: unknown) => {
    if (isFinal(error, invitation.kind)) return error;
    throw error;
  });
  lobby.close();
  if (call instanceof Error) return showEnding(call, invitation);
  // To look at from the console.
  Object.assign(globalThis, { meshliftCall: call });
  showRoom(call.room.name ?? call.room.id, linkOf(invitation));
  showScreen("call");
  callDevices.refresh();
  showCall(call, {
    link: linkOf(invitation),
    ended: (error, had) => {
      rejoin = () => joinAgain(invitation, name, had);
      showEnding(error, invitation);
    },
  });
}

async function joinAgain(invitation: Invitation, name: string, had: Devices) {
  setRejoining(true);
  byId("rejoin-problem").textContent = "";
  try {
    await join(invitation, name, await chosenMedia(had));
  } catch (error) {
    byId("rejoin-problem").textContent = textOfError(error);
  } finally {
    setRejoining(false);
  }
}

function setRejoining(rejoining: boolean) {
  const button = byId<HTMLButtonElement>("rejoin");
  button.disabled = rejoining;
  button.textContent = rejoining ? "Joining…" : "Rejoin";
}

/** Joins, without devices where it is they that fail: listening is better than standing outside. */
async function joinAnyway(options: JoinOptions): Promise<Call> {
  const { joinCall } = await loadSdk();
  try {
    return await joinCall(options);
  } catch (error) {
    if (!options.media || !isAboutMedia(error)) throw error;
    const call = await joinCall({ ...options, media: false });
    notify(`You joined without camera and microphone. ${textOfError(error)}`, { kind: "problem" });
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
  setAttribute(chip, "aria-label", link ? `${name}, copy the link` : name);
  document.title = name ? `${name} · meshlift` : "meshlift";
}

async function showEnding(error: CallError | undefined, invitation: Invitation) {
  const ending = endingOf(error, invitation.kind);
  byId("ended-title").textContent = ending.title;
  byId("ended-action").textContent = ending.action;
  byId("rejoin-problem").textContent = "";
  byId("rejoin").hidden = !ending.rejoin;
  byId("new-call").hidden = !await roomsOpen;
  byId("new-call").classList.toggle("primary", !ending.rejoin);
  byId("ended").dataset.code = error?.code ?? "left";
  showScreen("ended");
}

function showScreen(screen: Screen) {
  document.body.dataset.screen = screen;
  for (const name of SCREENS) byId(name).hidden = name !== screen;
  byId("call-tools").hidden = screen !== "call";
  byId(screen).querySelector("h1")?.focus({ preventScroll: true });
}
