/**
 * The data channels to each participant, of the connections that carry media and of lifelines: which of them live, and
 * what comes by them.
 *
 * @module
 */
import { type Bucket, bucket, take, waitMs } from "../../bucket.ts";
import type { Clock } from "../../clock.ts";
import { type Frame, parseFrame } from "./frames.ts";
import { LINES } from "./policy.ts";

const BEAT = '{"type":"beat"}';

export interface LinesEvents {
  /** It is there, and heard. */
  opened(id: string): void;
  frame(from: string, frame: Frame): void;
}

interface Line {
  readonly channel: RTCDataChannel;
  /** When something came by it last, and since when without a pause. */
  heardAt: number | undefined;
  since: number;
}

export class Lines {
  readonly #events: LinesEvents;
  readonly #now: Clock;
  readonly #lines = new Map<string, Line[]>();
  readonly #frames = new WeakMap<RTCDataChannel, number>();
  /** How much more is taken of each: with several channels not more than with one. */
  readonly #buckets = new Map<string, Bucket>();
  #beatAt = -Infinity;

  constructor(events: LinesEvents, now: Clock) {
    this.#events = events;
    this.#now = now;
  }

  /** Takes a channel to somebody on, once; what has closed is forgotten. */
  add(id: string, channel: RTCDataChannel): void {
    const lines = (this.#lines.get(id) ?? []).filter(({ channel }) => !isOver(channel));
    this.#lines.set(id, lines);
    if (isOver(channel) || lines.some((line) => line.channel === channel)) return;
    const line: Line = { channel, heardAt: undefined, since: Infinity };
    lines.push(line);
    channel.addEventListener("message", ({ data }) => this.#take(id, line, data));
    channel.addEventListener("open", () => sendBy(channel, BEAT));
    sendBy(channel, BEAT);
  }

  remove(id: string): void {
    this.#lines.delete(id);
    this.#buckets.delete(id);
  }

  /** How many frames have come by a channel. */
  framesBy(channel: RTCDataChannel): number {
    return this.#frames.get(channel) ?? 0;
  }

  /** Whether something came of somebody lately. */
  isFresh(id: string): boolean {
    return this.#best(id) !== undefined;
  }

  /** Whether what comes of somebody is of now: after a pause, it may have been on its way for as long. */
  isSteady(id: string): boolean {
    const { since = Infinity } = this.#best(id) ?? {};
    return this.#now() - since >= LINES.steadyMs;
  }

  /** Sends by the channel by which something came last; whether there is a live one. */
  send(id: string, frame: Frame): boolean {
    return this.sendText(id, JSON.stringify(frame));
  }

  /** The same for a frame that is JSON text already. */
  sendText(id: string, text: string): boolean {
    const line = this.#best(id);
    return line !== undefined && sendBy(line.channel, text);
  }

  /** Says, by every channel, that we are there, if it is time. */
  beat(): void {
    const now = this.#now();
    if (now - this.#beatAt < LINES.beatMs) return;
    this.#beatAt = now;
    for (const { channel } of [...this.#lines.values()].flat()) {
      // What waits says it too, or nothing gets through.
      if (channel.bufferedAmount === 0) sendBy(channel, BEAT);
    }
  }

  #best(id: string): Line | undefined {
    const fresh = (this.#lines.get(id) ?? []).filter(({ channel, heardAt = -Infinity }) =>
      channel.readyState === "open" && this.#now() - heardAt < LINES.freshMs
    );
    return fresh.toSorted((a, b) => b.heardAt! - a.heardAt!)[0];
  }

  #take(id: string, line: Line, data: unknown): void {
    if (!this.#lines.get(id)?.includes(line)) return;
    const now = this.#now();
    const left = this.#buckets.get(id) ?? bucket(LINES.takenBurst, LINES.takenPerSecond, now);
    const isTooMuch = waitMs(left, now) > 0;
    const cost = typeof data === "string" ? Math.ceil(data.length / LINES.takenUnit) : 1;
    if (!isTooMuch) this.#buckets.set(id, take(left, now, Math.max(1, cost)));
    const frame = isTooMuch ? undefined : parseFrame(data);
    if (!isTooMuch && frame === undefined) return;
    const wasFresh = this.isFresh(id);
    const isNew = line.heardAt === undefined;
    if (now - (line.heardAt ?? -Infinity) > LINES.pauseMs) line.since = now;
    // Also who says too much is there.
    line.heardAt = now;
    this.#frames.set(line.channel, this.framesBy(line.channel) + 1);
    // Nobody may have listened there yet when it opened here: then the other end knows nothing of us.
    if (isNew) sendBy(line.channel, BEAT);
    if (frame === undefined) return;
    if (isNew || !wasFresh) this.#events.opened(id);
    this.#events.frame(id, frame);
  }
}

const isOver = ({ readyState }: RTCDataChannel) =>
  readyState === "closed" || readyState === "closing";

function sendBy(channel: RTCDataChannel, text: string): boolean {
  if (channel.readyState !== "open" || channel.bufferedAmount > LINES.bufferedBytes) return false;
  channel.send(text);
  return true;
}
