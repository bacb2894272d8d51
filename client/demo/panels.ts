/** The panels beside the stage, at most one open; and how many chat messages are unread. @module */
import { byId, setAttribute } from "./dom.ts";

export type PanelName = "chat" | "stats" | "people";

const PANELS: readonly PanelName[] = ["chat", "stats", "people"];

/** Connects the panels until `signal`; `opened` says what to do when one opens. */
export function connectPanels(
  opened: Partial<Record<PanelName, () => void>>,
  signal: AbortSignal,
) {
  let shown: PanelName | undefined;
  let unread = 0;

  for (const name of PANELS) {
    byId(`${name}-toggle`).addEventListener("click", () => toggle(name), { signal });
    byId(`${name}-close`).addEventListener("click", () => toggle(name), { signal });
  }
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && shown && !document.querySelector("dialog[open]")) toggle(shown);
  }, { signal });
  draw();

  function toggle(name: PanelName) {
    const closing = shown === name;
    const focusWasInside = shown && byId(shown).contains(document.activeElement);
    shown = closing ? undefined : name;
    if (shown === "chat") unread = 0;
    draw();
    if (closing && focusWasInside) byId(`${name}-toggle`).focus();
    if (!shown) return;
    opened[shown]?.();
    if (shown === "chat") byId("chat-input").focus();
  }

  function draw() {
    for (const name of PANELS) {
      byId(name).hidden = shown !== name;
      setAttribute(byId(`${name}-toggle`), "aria-expanded", String(shown === name));
    }
    byId("call").dataset.panel = shown ?? "none";
    const count = byId("unread");
    count.hidden = unread === 0;
    count.textContent = unread > 99 ? "99+" : String(unread);
    setAttribute(byId("chat-toggle"), "aria-label", unread ? `Chat, ${unread} unread` : "Chat");
  }

  return {
    toggle,
    isOpen: (name: PanelName) => shown === name,
    /** Counts a message that nobody sees now; says whether it is one. */
    received(): boolean {
      if (shown === "chat") return false;
      unread++;
      draw();
      return true;
    },
  };
}
