/**
 * A connection by which we send, to a participant or to an SFU: what it says of the uplink, and how it is sent by.
 *
 * @module
 */
import { ADAPT } from "../../adapt/policy.ts";
import { type Sent, SentLook } from "./look.ts";
import { Outlet, type Wanted } from "./outlet.ts";
import { Pace } from "./pace.ts";

export class Outgoing {
  readonly outlet: Outlet;
  readonly #way: "mesh" | "sfu";
  readonly #sent = new SentLook();
  readonly #pace = new Pace();
  /** When the voice was last sent in another way. */
  #changedAt = -Infinity;

  /** `pc`: one that has been negotiated. */
  constructor(pc: RTCPeerConnection, way: "mesh" | "sfu") {
    this.#way = way;
    this.outlet = new Outlet(pc, way);
  }

  /** Asks the browser; `undefined`: it closes under our hands. */
  async look(now: () => number): Promise<Sent | undefined> {
    const report = await this.outlet.microphone?.getStats().catch(() => undefined);
    if (report === undefined) return undefined;
    this.#pace.take(report, now());
    const { estimate, ...sent } = this.#sent.take(report);
    // What a voice takes more than is reckoned with is not there for anything else.
    const { doubled, plain } = ADAPT.voice;
    const isMore = this.#way === "sfu" && this.outlet.voice !== "lean";
    return { ...sent, estimate: estimate && (isMore ? estimate - (doubled - plain) : estimate) };
  }

  /** To an SFU a voice always goes doubled where there is room: what gets lost behind it, nobody tells. */
  send(wanted: Wanted, now: number): void {
    const isPlain = this.#way === "sfu" && wanted.voice === "plain";
    const voice = isPlain ? "doubled" : wanted.voice;
    if (voice !== this.outlet.voice) this.#changedAt = now;
    this.outlet.send({ ...wanted, voice });
  }

  /** Whether so much missed is not a matter of some lost packets, or of a voice that has just been sent in another way. */
  isMissed(missedMs: number, now: number): boolean {
    const { starved } = ADAPT;
    return missedMs >= starved[this.outlet.voice] && now - this.#changedAt >= starved.changeMs;
  }

  /** Whether the voice has gone on without a pause for at least so long. */
  hasVoice(ms: number): boolean {
    return this.#pace.isFull(this.outlet.voice, ms);
  }
}
