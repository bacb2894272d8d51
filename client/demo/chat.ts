/** The chat: `call.send({chat: text})` to everyone, and what others sent. @module */
import type { Call } from "../api.ts";
import { byId, make, setAttribute } from "./dom.ts";
import { textOfError } from "./errors.ts";
import { textParts } from "./format.ts";
import type { Named } from "./person.ts";

/** The text of a message of this page's chat; other data that is sent in a call is none. Pure. */
export function chatTextOf(data: unknown): string | undefined {
  if (typeof data !== "object" || data === null || !("chat" in data)) return undefined;
  return typeof data.chat === "string" ? data.chat : undefined;
}

export interface ChatOptions {
  nameOf(someone: Named): string;
  /** Called for each message of someone else. */
  received(from: string, text: string): void;
}

/** Connects the chat panel to a call until closed. */
export function connectChat(call: Call, { nameOf, received }: ChatOptions) {
  const log = byId("chat-log");
  const form = byId<HTMLFormElement>("chat-form");
  const input = byId<HTMLInputElement>("chat-input");
  const empty = byId("chat-empty");
  const allowed = call.self.permissions.chat;

  log.replaceChildren();
  empty.hidden = false;
  empty.textContent = allowed
    ? "Messages go to everyone who is in the call now. Nothing is kept."
    : "You may read the chat, but your link does not let you write.";
  for (const control of form.querySelectorAll("input, button")) {
    setAttribute(control, "disabled", !allowed);
  }

  const stop = call.on("message", ({ from, data }) => {
    const text = chatTextOf(data);
    if (text === undefined) return;
    add(nameOf(from), text, false);
    received(nameOf(from), text);
  });

  const submit = (event: Event) => {
    event.preventDefault();
    const text = input.value.trim();
    if (!text) return;
    input.value = "";
    send(text);
  };
  form.addEventListener("submit", submit);

  async function send(text: string) {
    const entry = add("You", text, true);
    entry.classList.add("sending");
    try {
      await call.send({ chat: text });
    } catch (error) {
      entry.classList.add("failed");
      entry.append(make("p", { class: "problem" }, `Not sent. ${textOfError(error)}`));
    }
    entry.classList.remove("sending");
  }

  function add(from: string, text: string, own: boolean): HTMLElement {
    empty.hidden = true;
    const atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 60;
    const now = new Date();
    const entry = make(
      "li",
      { class: own ? "own" : "", "data-testid": "chat-message" },
      make(
        "p",
        { class: "from" },
        make("strong", {}, from),
        " ",
        make(
          "time",
          { datetime: now.toISOString() },
          now.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" }),
        ),
      ),
      make("p", { class: "text" }, ...textParts(text).map(partNode)),
    );
    log.append(entry);
    if (own || atEnd) log.scrollTop = log.scrollHeight;
    return entry;
  }

  return {
    close() {
      stop();
      form.removeEventListener("submit", submit);
    },
  };
}

function partNode({ kind, text }: { kind: "text" | "link"; text: string }): Node | string {
  if (kind === "text") return text;
  return make("a", { href: text, target: "_blank", rel: "noopener noreferrer" }, text);
}
