/** Short notices at the edge of the page, read out by screen readers. @module */
import { byId, make } from "./dom.ts";

const SHOWN_MS = { plain: 4_000, problem: 9_000 };

/** Says something once: `plain` for what happened, `problem` for what failed. */
export function notify(text: string, kind: keyof typeof SHOWN_MS = "plain"): void {
  const list = byId("notices");
  const notice = make("p", { class: `notice ${kind}` }, text);
  list.append(notice);
  while (list.children.length > 4) list.firstElementChild?.remove();
  setTimeout(() => notice.remove(), SHOWN_MS[kind]);
}

/** Copies text, and says so; without access to the clipboard, shows it to copy by hand. */
export async function copyText(text: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    notify("Link copied. Send it to whoever should join.");
  } catch {
    notify(`Copy this link: ${text}`, "problem");
  }
}
