/**
 * Which layers of cameras are asked for, and what has to be said to Janus for that.
 *
 * @module
 */
import type { Layer, SfuSlot } from "../../protocol.ts";

/** An entry of `streams` in the VideoRoom's `configure`. */
export interface StreamSetting {
  mid: string;
  send?: boolean;
  substream?: 0 | 1 | 2;
}

const SUBSTREAM = { high: 2, medium: 1, low: 0 } as const;

export class Layers {
  /** What a section has of which nothing was told: Janus sends the best. `undefined`: another node may have told it. */
  #unless: Layer | undefined;
  readonly #wanted = new Map<string, Layer>();
  /** What Janus was told, by participant; it forgets when that one's sections change. */
  readonly #told = new Map<string, { mid: string; layer: Layer }>();

  /** `elsewhere`: the connection was another node's. */
  constructor(begun: "here" | "elsewhere") {
    this.#unless = begun === "here" ? "high" : undefined;
  }

  want(wanted: Readonly<Record<string, Layer>>): void {
    for (const [participant, layer] of Object.entries(wanted)) this.#wanted.set(participant, layer);
  }

  /** What Janus has to be told now that these are its sections; counts as told from now on. */
  settle(slots: readonly SfuSlot[]): StreamSetting[] {
    const cameras = slots.filter(({ kind }) => kind === "camera");
    for (const participant of this.#told.keys()) {
      const mid = cameras.find((slot) => slot.participant === participant)?.mid;
      if (this.#told.get(participant)?.mid !== mid) this.#told.delete(participant);
    }
    const settings: StreamSetting[] = [];
    for (const { participant, mid } of cameras) {
      const before = this.#told.get(participant)?.layer ?? this.#unless;
      const layer = this.#wanted.get(participant);
      if (layer === undefined || layer === before) continue;
      this.#told.set(participant, { mid, layer });
      settings.push(settingOf(mid, layer, before));
    }
    return settings;
  }

  /** Whether nothing is to be sent in this section. */
  isOff({ participant, kind }: SfuSlot): boolean {
    return kind === "camera" && this.#wanted.get(participant) === "off";
  }

  /** This one's sections are new, whatever their names. */
  forget(participant: string): void {
    this.#told.delete(participant);
  }

  /** All sections are. */
  forgetAll(): void {
    this.#told.clear();
    this.#unless = "high";
  }
}

function settingOf(mid: string, layer: Layer, before: Layer | undefined): StreamSetting {
  if (layer === "off") return { mid, send: false };
  // To be told to send costs a key frame, so only who may not do so is told.
  const sends = before !== "off" && before !== undefined;
  return { mid, substream: SUBSTREAM[layer], ...!sends && { send: true } };
}
