/**
 * Looks at the connections now and then: quality and who speaks.
 *
 * @module
 */
import type { ParticipantStats } from "./api.ts";
import { MONITOR } from "./policy.ts";
import { judge, qualitySample, type QualityState, UNKNOWN } from "./quality.ts";
import type { Remote } from "./remote.ts";
import { listen, SILENT, type SpeakingState } from "./speaking.ts";
import type { Levels } from "./transport.ts";

/** What is looked at, and whom to tell. */
export interface MonitorPort {
  participants(): Iterable<Remote>;
  self(): { id: string; microphone: boolean };
  stats(): Promise<Record<string, ParticipantStats>>;
  levels(): Promise<Levels>;
  quality(remote: Remote): void;
  speaking(id: string, speaking: boolean): void;
}

export class Monitor {
  readonly #port: MonitorPort;
  readonly #timers: ReturnType<typeof setInterval>[];
  // By object, not by id: whoever comes back under the same id begins anew.
  readonly #quality = new WeakMap<Remote, QualityState>();
  readonly #speaking = new WeakMap<Remote, SpeakingState>();
  #own: SpeakingState = SILENT;

  constructor(port: MonitorPort) {
    this.#port = port;
    // A connection that closes under our hands makes a round fail; the next one is soon enough.
    this.#timers = [
      setInterval(() => this.#judgeAll().catch(() => {}), MONITOR.statsIntervalMs),
      setInterval(() => this.#listenToAll().catch(() => {}), MONITOR.levelIntervalMs),
    ];
  }

  close(): void {
    for (const timer of this.#timers) clearInterval(timer);
  }

  async #judgeAll(): Promise<void> {
    const stats = await this.#port.stats();
    const at = performance.now();
    for (const remote of this.#port.participants()) {
      const { microphone, camera, screen } = remote.media;
      const state = judge(
        this.#quality.get(remote) ?? UNKNOWN,
        qualitySample(stats[remote.id], {
          at,
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

  async #listenToAll(): Promise<void> {
    const { own, remote: levels } = await this.#port.levels();
    const now = performance.now();
    const { id, microphone } = this.#port.self();
    const next = listen(this.#own, microphone ? own : 0, now);
    const changed = next.speaking !== this.#own.speaking;
    this.#own = next;
    if (changed) this.#port.speaking(id, next.speaking);
    for (const remote of this.#port.participants()) {
      const level = remote.media.microphone ? levels.get(remote.id) ?? 0 : 0;
      const state = listen(this.#speaking.get(remote) ?? SILENT, level, now);
      this.#speaking.set(remote, state);
      if (state.speaking === remote.speaking) continue;
      remote.speaking = state.speaking;
      this.#port.speaking(remote.id, state.speaking);
    }
  }
}
