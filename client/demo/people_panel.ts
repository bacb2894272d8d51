/**
 * The panel with everyone in the call: raised hands first, the words that say that nobody listens in, and a way to remove
 * people for who may.
 *
 * @module
 */
import type { Call, Participant } from "../api.ts";
import { icon, make, setAttribute } from "./dom.ts";
import { capitalized } from "./format.ts";
import { isPaused } from "./own_camera.ts";
import { type Named, type Person, PRESENCE_TEXT, QUALITY_TEXT, selfOf } from "./person.ts";
import { type Code, explain } from "./short_code.ts";

export interface PeoplePanelOptions {
  list: HTMLElement;
  nameOf(someone: Named): string;
  personOf(participant: Participant): Person;
  /** Whether anybody sees the list now; it is drawn only then. */
  visible(): boolean;
  /** A moderator removes someone. */
  remove(participant: Participant): void;
}

/** Someone in the list; without `participant`, oneself. */
interface Listed extends Person {
  id: string;
  participant?: Participant;
}

/** Who raised a hand first is first; the others stay in the order in which they came. Pure. */
export function byHand<P extends Pick<Person, "hand">>(people: readonly P[]): P[] {
  return people.toSorted((a, b) => {
    const [first, second] = [a.hand ?? Infinity, b.hand ?? Infinity];
    return first === second ? 0 : first - second;
  });
}

/** What the list says beside a name. Pure. */
export function remarkOf({ presence, quality, muted, camera }: Person): string {
  if (presence !== "here") return PRESENCE_TEXT[presence];
  const off = muted && camera ? "Microphone off" : camera ? "" : muted ? "Listening" : "Camera off";
  const link = quality === "poor" || quality === "lost"
    ? `connection ${QUALITY_TEXT[quality]}`
    : "";
  return capitalized([off, link].filter(Boolean).join(", "));
}

/** Keeps the list right until closed. */
export function connectPeoplePanel(call: Call, options: PeoplePanelOptions) {
  const mayRemove = call.self.permissions.moderate;
  /** By participant id, for whom they were asked. */
  const codes = new Map<string, Code>();
  /** What the list shows. */
  let drawn = "";

  function draw() {
    if (!options.visible()) return;
    const { self, adaptation } = call;
    const paused = isPaused(self.media.camera, adaptation);
    const people: Listed[] = [
      { ...selfOf(self, options.nameOf(self), paused), id: self.id },
      ...[...call.participants.values()].map((participant) => ({
        ...options.personOf(participant),
        id: participant.id,
        participant,
      })),
    ];
    const shown = people.map((person) => [person.id, person.name, person.hand, remarkOf(person)]);
    const all = JSON.stringify([shown, [...codes], call.topology.mode]);
    // A button that is made anew between press and release takes no click.
    if (all === drawn) return;
    drawn = all;
    const focused = (document.activeElement as HTMLElement | null)?.dataset.act;
    options.list.replaceChildren(
      ...byHand(people).map((person) => {
        const avatar = make("span", { class: "avatar", "aria-hidden": "true" }, person.initials);
        avatar.style.setProperty("--hue", String(person.hue));
        const row = make(
          "li",
          { "data-participant": person.id },
          avatar,
          make("span", { class: "who" }, person.name, make("small", {}, remarkOf(person))),
        );
        if (person.hand !== undefined) {
          const hand = make("span", { class: "raised", role: "img" }, icon("hand"));
          setAttribute(hand, "aria-label", "Hand raised");
          row.append(hand);
        }
        const { participant } = person;
        if (participant === undefined) return row;
        row.append(codeButton(participant));
        if (mayRemove) row.append(removeButton(participant));
        const code = codes.get(participant.id);
        if (code !== undefined) row.append(codeText(code, person.name));
        return row;
      }),
    );
    // Drawn anew, the list has lost it.
    if (focused) options.list.querySelector<HTMLElement>(`[data-act="${focused}"]`)?.focus();
  }

  function codeButton(participant: Participant): HTMLButtonElement {
    const { id } = participant;
    const label = `Check that nobody sits between you and ${options.nameOf(participant)}`;
    const button = make("button", {
      class: "tool",
      type: "button",
      title: label,
      "aria-label": label,
      "aria-expanded": String(codes.has(id)),
      "data-testid": "short-code",
      "data-act": `code ${id}`,
    }, icon("shield"));
    button.addEventListener("click", () => {
      if (codes.delete(id)) return draw();
      const asked: Code = { tag: "asked" };
      codes.set(id, asked);
      draw();
      const done = (words?: string) => {
        if (codes.get(id) !== asked) return;
        codes.set(id, words === undefined ? { tag: "none" } : { tag: "made", words });
        draw();
      };
      // Whoever has left meanwhile has no words.
      call.shortCode(participant).then(done, () => done());
    });
    return button;
  }

  function codeText(code: Code, name: string): HTMLElement {
    const words = code.tag === "made" ? [make("strong", {}, code.words)] : [];
    const texts = explain(code, name, call.topology.mode).map((text) => make("p", {}, text));
    return make("div", { class: "code", role: "status" }, ...words, ...texts);
  }

  /** What was agreed on is no word on another way. */
  function forgetCodes() {
    codes.clear();
    draw();
  }

  function removeButton(participant: Participant): HTMLButtonElement {
    const label = `Remove ${options.nameOf(participant)} from the call`;
    const button = make("button", {
      class: "tool",
      type: "button",
      title: label,
      "aria-label": label,
      "data-act": `remove ${participant.id}`,
    }, icon("close"));
    button.addEventListener("click", () => options.remove(participant));
    return button;
  }

  const undo = (["participant", "left", "updated", "quality", "media", "adaptation"] as const)
    .map((name) => call.on(name, draw));
  undo.push(call.on("topology", forgetCodes));

  return {
    refresh: draw,
    close() {
      for (const stop of undo) stop();
    },
  };
}
