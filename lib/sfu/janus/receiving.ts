/**
 * The receiving connection of a session in Janus: everyone else who sends, on one handle, offered anew whenever that
 * changes.
 *
 * @module
 */
import type { Layer, SfuSlot } from "../../protocol.ts";
import { SfuError } from "../mod.ts";
import { gone, isRefusal, JANUS_CODES } from "./errors.ts";
import { Layers } from "./layers.ts";
import type { JanusAnswer } from "./messages.ts";
import { slotsOf } from "./sdp.ts";

export interface ReceivingParts {
  readonly room: string;
  /** How often it is tried to subscribe to those who are there. */
  readonly tries: number;
  /** For how long from its beginning those who come are gathered for one offer, in ms. */
  readonly gatherMs: number;
  /** Sends something to the VideoRoom, on this handle. */
  message(
    handle: number,
    body: Record<string, unknown>,
    doing: string,
    options?: { jsep?: Record<string, unknown>; until?: "ack" },
  ): Promise<JanusAnswer>;
  /** Does one thing after the other. */
  inTurn<T>(job: () => Promise<T>): Promise<T>;
  /** Does what nobody waits for. */
  inBackground(job: () => Promise<unknown>): void;
  /** Asks who else sends. */
  senders(): Promise<Iterable<string>>;
  offer(offer: { number: number; sdp: string; slots: SfuSlot[] }): void;
}

/** `fresh`: the handle has not joined the room. */
type State =
  | { is: "fresh"; handle: number }
  | Joined;

interface Joined {
  is: "joined";
  readonly handle: number;
  /** Whose media it has, or is about to. */
  asked: Set<string>;
  /** The number of the offer that waits for an answer. */
  offer?: number;
  /** Whether media can flow: then pictures that are new on it have to be made to begin. */
  connected: boolean;
}

export class Receiving {
  readonly #parts: ReceivingParts;
  /** Everyone else who sends. */
  #present = new Set<string>();
  readonly #layers: Layers;
  #slots: SfuSlot[] = [];
  /** Pictures that this connection has had, by section and participant. */
  #begun: ReadonlySet<string> = new Set();
  #state: State;
  readonly #gatheredAt: number;
  #gathering: ReturnType<typeof setTimeout> | undefined;
  #lastNumber = 0;

  /** `begun`: here, on a handle that is new; or elsewhere. */
  constructor(parts: ReceivingParts, handle: number, begun: "here" | "elsewhere") {
    this.#parts = parts;
    this.#state = begun === "here"
      ? { is: "fresh", handle }
      : { is: "joined", handle, asked: new Set(), connected: true };
    this.#layers = new Layers(begun);
    this.#gatheredAt = begun === "here" ? Date.now() + parts.gatherMs : 0;
  }

  /** Nothing more will be asked. */
  close(): void {
    clearTimeout(this.#gathering);
  }

  get handle(): number {
    return this.#state.handle;
  }

  /** These send, and nobody else. */
  know(senders: Iterable<string>): void {
    this.#present = new Set(senders);
  }

  /** These have begun to send. */
  came(senders: Iterable<string>): void {
    for (const id of senders) this.#present.add(id);
    // When a call is lifted all come at once: one offer costs every browser less than one for each.
    const waitMs = this.#gatheredAt - Date.now();
    const sync = () => this.#parts.inBackground(() => this.sync());
    if (waitMs <= 0) sync();
    else this.#gathering ??= setTimeout(sync, waitMs);
  }

  /** This one has stopped. */
  left(sender: string): void {
    this.#present.delete(sender);
    if (this.#state.is === "joined") this.#state.asked.delete(sender);
    // What it sends next is new, also where it comes in the same section.
    this.#layers.forget(sender);
    this.#begun = new Set([...this.#begun].filter((name) => !name.endsWith(` ${sender}`)));
    this.#parts.inBackground(() => this.sync());
  }

  /** Media can flow. */
  connected(): void {
    if (this.#state.is === "joined") this.#state.connected = true;
  }

  /** Janus has sent an offer. */
  offered(sdp: string): void {
    const state = this.#state;
    if (state.is !== "joined") return;
    this.#slots = slotsOf(sdp);
    state.asked = new Set(this.#slots.map(({ participant }) => participant));
    // Goes up also from node to node.
    const number = Math.max(this.#lastNumber + 1, Date.now());
    state.offer = this.#lastNumber = number;
    this.#parts.offer({ number, sdp, slots: [...this.#slots] });
    this.#parts.inBackground(() => this.#parts.inTurn(() => this.#settleLayers()));
    this.#parts.inBackground(() => this.sync());
  }

  answer(number: number, sdp: string): Promise<void> {
    return this.#parts.inTurn(async () => {
      const state = this.#state;
      const waits = state.is === "joined" ? state.offer : undefined;
      if (state.is !== "joined" || waits !== number) {
        throw new SfuError(
          "invalid",
          `Cannot take the answer to offer ${number}: ${waits ?? "none"} waits for one`,
        );
      }
      // Janus may send the next offer as soon as it has this.
      state.offer = undefined;
      const slots = this.#slots;
      const jsep = { type: "answer", sdp };
      await this.#parts.message(state.handle, { request: "start" }, "take an answer", { jsep });
      await this.#beginPictures(state, slots);
    });
  }

  layers(wanted: Readonly<Record<string, Layer>>): Promise<void> {
    this.#layers.want(wanted);
    return this.#parts.inTurn(() => this.#settleLayers());
  }

  /** From now on by this handle, which is new; `sync` has it offered. */
  renew(handle: number): void {
    this.#state = { is: "fresh", handle };
    this.#slots = [];
    this.#begun = new Set();
    this.#layers.forgetAll();
  }

  /**
   * Has Janus offer what is missing, and no longer what is over. While an answer is still to come, Janus keeps that
   * back itself, and puts it all into one next offer.
   */
  sync(): Promise<void> {
    return this.#parts.inTurn(async () => {
      for (let tries = this.#parts.tries; tries > 0; tries--) {
        try {
          return await this.#syncOnce();
        } catch (error) {
          if (!isRefusal(error, JANUS_CODES.noSuchFeed)) throw error;
          // Somebody has stopped sending, and word of that is still on its way.
          this.know(await this.#parts.senders());
        }
      }
    });
  }

  async #syncOnce(): Promise<void> {
    const state = this.#state;
    const asked = state.is === "joined" ? state.asked : new Set<string>();
    const missing = [...this.#present].filter((id) => !asked.has(id));
    const over = this.#slots.filter(({ participant }) => !this.#present.has(participant));
    const subscribe = missing.map((feed) => ({ feed }));
    const unsubscribe = over.map(({ mid }) => ({ sub_mid: mid }));
    if (state.is === "fresh") {
      if (missing.length > 0) await this.#join(state.handle, subscribe);
    } else {
      if (missing.length + over.length === 0) return;
      // Its sections may be another's in the next offer.
      this.#slots = this.#slots.filter((slot) => !over.includes(slot));
      await this.#parts.message(state.handle, {
        request: "update",
        ...subscribe.length > 0 && { subscribe },
        ...unsubscribe.length > 0 && { unsubscribe },
      }, "subscribe");
    }
    if (this.#state.is !== "joined") return;
    for (const id of missing) if (this.#present.has(id)) this.#state.asked.add(id);
  }

  async #join(handle: number, streams: { feed: string }[]): Promise<void> {
    const { room } = this.#parts;
    // What is over is taken out by `sync`, whichever way somebody went.
    const options = { use_msid: true, autoupdate: false };
    this.#state = { is: "joined", handle, asked: new Set(), connected: false };
    try {
      const join = { request: "join", ptype: "subscriber", room, streams, ...options };
      await this.#parts.message(handle, join, "subscribe");
    } catch (error) {
      this.#state = { is: "fresh", handle };
      throw error;
    }
  }

  /** Finds out what is received, by an offer of all that is. */
  catchUp(): Promise<void> {
    return this.#parts.inTurn(async () => {
      const state = this.#state;
      if (state.is !== "joined" || state.offer !== undefined) return;
      const { handle } = state;
      const before = this.#lastNumber;
      const [again, nothing] = [{ update: true }, { streams: [] }];
      try {
        await this.#parts.message(handle, { request: "configure", ...again }, "ask for an offer", {
          until: "ack",
        });
        // It does not come while another waits for an answer; what is asked now is answered after it.
        await this.#parts.message(handle, { request: "configure", ...nothing }, "ask for nothing");
      } catch (error) {
        if (!isRefusal(error, JANUS_CODES.joinFirst)) throw error;
        this.#state = { is: "fresh", handle };
        return;
      }
      if (this.#lastNumber === before) throw gone("an offer was lost, or the answer to it");
    }).then(() => this.sync());
  }

  /**
   * Has a picture that is new on this connection begin at once: Janus asks its sender for a key frame where it is told
   * to send, and otherwise only when a connection is new as a whole.
   */
  async #beginPictures({ handle, connected }: Joined, slots: readonly SfuSlot[]): Promise<void> {
    const pictures = slots.filter(({ kind }) => kind === "camera" || kind === "screen");
    const nameOf = ({ mid, participant }: SfuSlot) => `${mid} ${participant}`;
    const begun = this.#begun;
    this.#begun = new Set(pictures.map(nameOf));
    const streams = pictures
      .filter((slot) => !begun.has(nameOf(slot)) && !this.#layers.isOff(slot))
      .map(({ mid }) => ({ mid, send: true }));
    if (!connected || streams.length === 0) return;
    await this.#parts.message(handle, { request: "configure", streams }, "ask for key frames");
  }

  async #settleLayers(): Promise<void> {
    const state = this.#state;
    if (state.is !== "joined") return;
    const streams = this.#layers.settle(this.#slots);
    if (streams.length === 0) return;
    await this.#parts.message(state.handle, { request: "configure", streams }, "choose layers");
  }
}
