/**
 * How well one hears and sees the others, and who speaks.
 *
 * @module
 */
import type { ParticipantStats } from "../api.ts";
import type { Remote } from "../remote.ts";
import type { Levels } from "../transport.ts";
import { MONITOR } from "./policy.ts";
import { judge, qualitySample, type QualityState, UNKNOWN } from "./quality.ts";
import { listen, SILENT, type SpeakingState } from "./speaking.ts";

/** Whom to look at, and whom to tell. */
export interface MonitorPort {
  participants(): Iterable<Remote>;
  self(): { id: string; microphone: boolean };
  quality(remote: Remote): void;
  speaking(id: string, speaking: boolean): void;
}

export class Monitor {
  readonly #port: MonitorPort;
  // By object, not by id: whoever comes back under the same id begins anew.
  readonly #quality = new WeakMap<Remote, QualityState>();
  readonly #speaking = new WeakMap<Remote, SpeakingState>();
  #own: SpeakingState = SILENT;
  #judgedAt = -Infinity;

  constructor(port: MonitorPort) {
    this.#port = port;
  }

  /** Takes in what every connection has measured until `now`. */
  judge(stats: Record<string, ParticipantStats>, now: number): void {
    if (now - this.#judgedAt < MONITOR.verdictIntervalMs) return;
    this.#judgedAt = now;
    for (const remote of this.#port.participants()) {
      const { microphone, camera, screen } = remote.sends;
      const state = judge(
        this.#quality.get(remote) ?? UNKNOWN,
        qualitySample(stats[remote.id], {
          at: now,
          connected: remote.connection !== "reconnecting",
          sending: (microphone || camera || screen) && remote.permissions.publish,
        }),
      );
      this.#quality.set(remote, state);
      if (state.quality === remote.quality) continue;
      remote.quality = state.quality;
      this.#port.quality(remote);
    }
  }

  /** Takes in how loud everyone is. */
  listen({ own, remote: levels }: Levels, now: number): void {
    const { id, microphone } = this.#port.self();
    const next = listen(this.#own, microphone ? own : 0, now);
    const changed = next.speaking !== this.#own.speaking;
    this.#own = next;
    if (changed) this.#port.speaking(id, next.speaking);
    for (const remote of this.#port.participants()) {
      // Browsers repeat the last level for a while after the last packet.
      const isHeard = remote.media.microphone && remote.connection === "connected";
      const level = isHeard ? levels.get(remote.id) ?? 0 : 0;
      const state = listen(this.#speaking.get(remote) ?? SILENT, level, now);
      this.#speaking.set(remote, state);
      if (state.speaking === remote.speaking) continue;
      remote.speaking = state.speaking;
      this.#port.speaking(remote.id, state.speaking);
    }
  }
}
