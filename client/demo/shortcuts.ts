/** Keys that act on the call without a pointer. @module */

export type Action =
  | "microphone"
  | "camera"
  | "share"
  | "chat"
  | "hand"
  | "people"
  | "stats"
  | "help";

const KEYS: Readonly<Record<string, Action>> = {
  m: "microphone",
  v: "camera",
  s: "share",
  c: "chat",
  h: "hand",
  p: "people",
  i: "stats",
  "?": "help",
};

/** What is needed of a keyboard event. */
export interface KeyPress {
  key: string;
  ctrlKey: boolean;
  metaKey: boolean;
  altKey: boolean;
  repeat: boolean;
}

/** The action of a key press; none with a modifier (the browser's own), on repeat, or while typing. */
export function actionOf(press: KeyPress, typing: boolean): Action | undefined {
  if (typing || press.repeat || press.ctrlKey || press.metaKey || press.altKey) return undefined;
  return KEYS[press.key.toLowerCase()];
}

/** Calls `act` for each shortcut until the returned function is called. */
export function listenForShortcuts(act: (action: Action) => void): () => void {
  const listener = (event: KeyboardEvent) => {
    const action = actionOf(event, isTyping(event.target) || isInDialog());
    if (!action) return;
    event.preventDefault();
    act(action);
  };
  document.addEventListener("keydown", listener);
  return () => document.removeEventListener("keydown", listener);
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement &&
    (target.isContentEditable || target.matches("input, textarea, select"));
}

function isInDialog(): boolean {
  return document.querySelector("dialog[open]") !== null;
}
