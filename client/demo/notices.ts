/** Short notices at the edge of the page, read out by screen readers. @module */
import { byId, make } from "./dom.ts";
import { type Notice, said, without } from "./notice_list.ts";

const SHOWN_MS = { plain: 4_000, problem: 9_000 };

let shown: readonly Notice[] = [];
/** By subject, as long as it is shown. */
const elements = new Map<string, { notice: Notice; element: HTMLElement }>();
const ends = new Map<string, ReturnType<typeof setTimeout>>();

/** Says something, in place of what was said of the same subject; without one, of what it says. */
export function notify(
  text: string,
  { kind = "plain", subject = text }: Partial<Omit<Notice, "text">> = {},
): void {
  show(said(shown, { subject, text, kind }));
  clearTimeout(ends.get(subject));
  ends.set(subject, setTimeout(() => withdraw(subject), SHOWN_MS[kind]));
}

/** What was said of a subject holds no more, and there is nothing else to say of it. */
export function withdraw(subject: string): void {
  clearTimeout(ends.get(subject));
  ends.delete(subject);
  show(without(shown, subject));
}

function show(next: readonly Notice[]) {
  shown = next;
  for (const [subject, { notice, element }] of elements) {
    if (next.includes(notice)) continue;
    element.remove();
    elements.delete(subject);
  }
  for (const notice of next) {
    if (elements.has(notice.subject)) continue;
    const element = make("p", { class: `notice ${notice.kind}` }, notice.text);
    elements.set(notice.subject, { notice, element });
    byId("notices").append(element);
  }
}

/** Copies text, and says so; without access to the clipboard, shows it to copy by hand. */
export async function copyText(text: string): Promise<void> {
  const subject = "link";
  try {
    await navigator.clipboard.writeText(text);
    notify("Link copied. Send it to whoever should join.", { subject });
  } catch {
    notify(`Copy this link: ${text}`, { kind: "problem", subject });
  }
}
