/**
 * The call, as the application holds it: checks what is asked, and hands it on.
 *
 * @module
 */
import type {
  AdaptationInfo,
  AdaptationSettings,
  Call,
  CallError,
  CallEvents,
  CallState,
  CallStats,
  Participant,
  Permissions,
  Self,
  TopologyInfo,
} from "./api.ts";
import { checkSettings } from "./adaptation_settings.ts";
import type { Conference } from "./conference.ts";
import { call } from "./emitter.ts";
import { callError } from "./errors.ts";
import { encode } from "./messages.ts";
import { mergeAttributes } from "./own.ts";

export class MeshliftCall implements Call {
  readonly #conference: Conference;

  constructor(conference: Conference) {
    this.#conference = conference;
  }

  get room(): Call["room"] {
    return this.#conference.room;
  }
  get self(): Self {
    return this.#conference.self;
  }
  get participants(): ReadonlyMap<string, Participant> {
    return this.#conference.roster.participants;
  }
  get topology(): TopologyInfo {
    return this.#conference.topology;
  }
  get adaptation(): AdaptationInfo {
    return this.#conference.parts.adaptation;
  }
  get state(): CallState {
    return this.#conference.state;
  }
  get error(): CallError | undefined {
    return this.#conference.error;
  }

  on<Name extends keyof CallEvents>(
    name: Name,
    listener: (event: CallEvents[Name]) => void,
  ): () => void {
    const undo = this.#conference.emitter.on(name, listener);
    if (name !== "participant") return undo;
    const present = [...this.#conference.roster.participants.values()];
    let listening = true;
    queueMicrotask(() => {
      for (const remote of present) {
        if (!listening || !this.#conference.roster.isHere(remote)) continue;
        call(listener as (event: Participant) => void, remote);
      }
    });
    return () => {
      listening = false;
      undo();
    };
  }

  async send(data: unknown, { to }: { to?: string | Participant } = {}): Promise<void> {
    this.#mustBe("chat", "send");
    const json = encode(data);
    if (to === undefined) {
      const outcome = await this.#conference.messages.send(json, [
        ...this.#conference.roster.participants.keys(),
      ]);
      return this.#mustNotBeClosed(outcome, "send");
    }
    const id = this.#idOf(to, "send to");
    const outcome = await this.#conference.messages.send(json, [id]);
    this.#mustNotBeClosed(outcome, "send");
    if (outcome === "left") {
      throw callError("participant_left", `Cannot send to "${id}": it left before it arrived`);
    }
  }

  async setMicrophone(on: boolean, constraints?: MediaTrackConstraints): Promise<void> {
    if (on) this.#mustBe("publish", "switch the microphone on");
    await this.#conference.media.setMicrophone(on, constraints);
  }

  async setCamera(on: boolean, constraints?: MediaTrackConstraints): Promise<void> {
    if (on) this.#mustBe("publish", "switch the camera on");
    await this.#conference.media.setCamera(on, constraints);
  }

  async shareScreen(on = true, options?: DisplayMediaStreamOptions): Promise<boolean> {
    if (on) this.#mustBe("publish", "share the screen");
    return await this.#conference.media.shareScreen(on, options);
  }

  async setAttributes(attributes: Record<string, unknown>): Promise<void> {
    this.#mustNotBeClosed(this.state, "set attributes");
    const { self } = this.#conference;
    self.attributes = mergeAttributes(self.attributes, attributes);
    await this.#conference.tell();
  }

  async setAdaptation(settings: AdaptationSettings): Promise<void> {
    this.#mustNotBeClosed(this.state, "set the adaptation");
    await this.#conference.adapt(checkSettings(settings));
  }

  async remove(participant: string | Participant): Promise<void> {
    this.#mustBe("moderate", "remove");
    await this.#conference.removals.add(this.#idOf(participant, "remove"));
  }

  async stats(): Promise<CallStats> {
    return await this.#conference.parts.stats();
  }

  async shortCode(participant: string | Participant): Promise<string | undefined> {
    this.#mustNotBeClosed(this.state, "make a short code");
    return await this.#conference.parts.shortCode(
      this.#idOf(participant, "make a short code with"),
    );
  }

  leave(): Promise<void> {
    this.#conference.close(undefined);
    return Promise.resolve();
  }

  #idOf(participant: string | Participant, what: string): string {
    // Not everybody is told by a compiler what is expected.
    const id: unknown = typeof participant === "string" ? participant : participant?.id;
    const { self, roster } = this.#conference;
    if (typeof id === "string" && roster.participants.has(id)) return id;
    const wasHere = typeof participant === "object" && id !== self.id;
    const code = wasHere ? "participant_left" : "participant_not_found";
    const why = id === self.id ? "that is yourself" : "nobody of this id is in the call";
    throw callError(code, `Cannot ${what} "${id}": ${why}`);
  }

  #mustBe(permission: keyof Permissions, what: string): void {
    this.#mustNotBeClosed(this.state, what);
    if (this.#conference.self.permissions[permission]) return;
    throw callError("not_permitted", `Cannot ${what}: the token has ${permission}=false`);
  }

  #mustNotBeClosed(outcome: string, what: string): void {
    if (outcome === "closed") throw this.#conference.closedError(what);
  }
}
