/**
 * What a browser's congestion control makes of one thin uplink that all its connections share, as it was measured of
 * Chromium: estimates fall within a second after packets stand in line, one of them later; they climb slowly by
 * themselves, and by leaps where a limit changes while less is sent than could be.
 *
 * @module
 */
import {
  adapt,
  type AdaptState,
  type Plan,
  planOf,
  startAdapting,
} from "../../../../client/adapt.ts";
import type { Connection, Look } from "../../../../client/adapt/evidence.ts";
import { TOP } from "../../../../client/adapt/ladder.ts";
import { ADAPT } from "../../../../client/adapt/policy.ts";
import type { AdaptationSettings } from "../../../../client/api.ts";

const FLOOR = 19_000;
const QUEUE_MS = 500;
const SECONDS = ADAPT.intervalMs / 1_000;

/** One who receives. */
export interface Receiver {
  readonly seen?: number;
  /** What its own downlink carries, bit/s. */
  readonly downlink?: number;
  readonly isIdle?: boolean;
}

export interface Options {
  readonly noise?: () => number;
  readonly settings?: AdaptationSettings;
  readonly camera?: Look["camera"];
  readonly screen?: Look["screen"];
  /** Whether the browser estimates nothing, and only tells losses. */
  readonly isBlind?: boolean;
}

interface Flow {
  readonly id: string;
  readonly receiver: Receiver;
  estimate: number;
  cap: number;
  sent: number;
  /** How long packets have stood in line. */
  queuedMs: number;
  loss: number;
}

/** A call whose uplink is as thin as one likes. */
export class Uplink {
  state: AdaptState = startAdapting(0);
  now = 0;
  queueMs = 0;
  /** Every level that it was on, and since when. */
  readonly levels: { level: number; at: number }[] = [{ level: TOP, at: 0 }];
  readonly #flows: Flow[];
  readonly #options: Options;

  constructor(
    receivers: number | readonly Receiver[],
    public bitrate: number,
    options: Options = {},
  ) {
    const all = typeof receivers === "number"
      ? Array.from({ length: receivers }, (): Receiver => ({ seen: 640 }))
      : receivers;
    this.#options = options;
    const begun = { estimate: 300_000, cap: 0, sent: 0, queuedMs: 0, loss: 0 };
    this.#flows = all.map((receiver, i) => ({ id: `p${i}`, receiver, ...begun }));
  }

  get settings(): AdaptationSettings {
    return this.#options.settings ?? { mode: "auto" };
  }

  get look(): Look {
    const { noise = () => 1, camera = { width: 640, frameRate: 30 }, screen, isBlind } =
      this.#options;
    const connections = this.#flows.map(({ id, receiver, estimate, loss }, i): Connection => ({
      id,
      seen: receiver.seen,
      isIdle: receiver.isIdle,
      ...isBlind ? this.#reported(i, loss) : { estimate: estimate * noise() },
    }));
    const shownCamera = "camera" in this.#options ? this.#options.camera : camera;
    return { connections, camera: shownCamera, screen, isProcessorShort: false };
  }

  get plan(): Plan {
    return planOf(this.state, this.look, this.settings, this.now);
  }

  /** What all connections sent of late, bit/s. */
  get sent(): number {
    return this.#flows.reduce((sum, { sent }) => sum + sent, 0);
  }

  get level(): number {
    return this.state.level;
  }

  run(seconds: number): this {
    for (let i = 0; i < seconds / SECONDS; i++) this.#tick();
    return this;
  }

  /** How often it turned round, from rising to falling or the reverse, since a time. */
  turns(since: number): number {
    const ups = this.levels.flatMap(({ level, at }, i) =>
      at > since && i > 0 ? [level > this.levels[i - 1]!.level] : []
    );
    return ups.filter((up, i) => i > 0 && up !== ups[i - 1]).length;
  }

  /** Each connection is reported every 5 s, at a time of its own. */
  #reported(index: number, loss: number): Pick<Connection, "loss"> {
    const ticks = Math.round(this.now / ADAPT.intervalMs) + index * 7;
    return ticks % 25 === 0 ? { loss } : {};
  }

  #tick(): void {
    this.now += ADAPT.intervalMs;
    const { connections } = this.plan;
    const changed = new Set<Flow>();
    for (const flow of this.#flows) {
      const { voice, picture, screen } = connections.get(flow.id)!;
      const pictures = [picture, screen].filter((one) => one !== undefined);
      const cap = ADAPT.voice[voice] + pictures.reduce((sum, one) => sum + one.maxBitrate, 0);
      // A small picture with few frames does not fill what it may.
      const content = pictures.reduce(
        (sum, { maxBitrate, scaleResolutionDownBy, maxFramerate }) => {
          const pixels = (640 / scaleResolutionDownBy) ** 2;
          return sum + Math.min(maxBitrate, 1_000_000 * pixels / 640 ** 2 * maxFramerate / 30);
        },
        0,
      );
      const mayBe = this.#options.isBlind ? Infinity : flow.estimate;
      flow.sent = Math.min(ADAPT.voice[voice] + content, Math.max(mayBe, ADAPT.voice[voice]));
      if (flow.receiver.isIdle) flow.sent = 0;
      if (cap !== flow.cap) changed.add(flow);
      flow.cap = cap;
    }
    const sum = this.sent;
    const filled = this.queueMs + (sum / this.bitrate - 1) * ADAPT.intervalMs;
    this.queueMs = Math.max(0, Math.min(QUEUE_MS, filled));
    this.#flows.forEach((flow, i) => this.#follow(flow, { sum, i, isProbed: changed.has(flow) }));
    this.state = adapt(this.state, this.look, this.settings, this.now);
    const { level, now: at } = this;
    if (this.levels.at(-1)?.level !== level) this.levels.push({ level, at });
  }

  #follow(flow: Flow, { sum, i, isProbed }: { sum: number; i: number; isProbed: boolean }): void {
    const downlink = flow.receiver.downlink ?? Infinity;
    const share = Math.min(downlink, flow.sent * Math.min(1, this.bitrate / sum));
    flow.loss = flow.sent === 0 ? 0 : 1 - share / flow.sent;
    const isQueued = this.queueMs > 60 && sum > this.bitrate || flow.sent > downlink;
    flow.queuedMs = isQueued ? flow.queuedMs + ADAPT.intervalMs : 0;
    // One hears of it late.
    if (flow.queuedMs > (i === 0 && this.#flows.length > 2 ? 2_000 : 600)) {
      flow.estimate = Math.max(FLOOR, Math.min(flow.estimate, share * 0.85));
      return;
    }
    if (isQueued) return;
    const slowly = Math.min(flow.estimate + 16_000 * SECONDS, 1.5 * flow.sent + 10_000);
    const isIdle = flow.sent < flow.estimate * 0.8;
    const burst = isProbed && isIdle ? Math.min(flow.estimate, flow.cap) * 2 : 0;
    const all = burst + sum - flow.sent;
    const probed = Math.min(downlink, burst * Math.min(1, this.bitrate / all));
    flow.estimate = Math.max(flow.estimate, Math.min(slowly, downlink), probed);
  }
}
