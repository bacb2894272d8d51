/**
 * The sending connection of a session in Janus: one handle, on which a participant's offer is answered.
 *
 * @module
 */
import { SfuError } from "../mod.ts";
import type { LinkAskOptions } from "./link.ts";
import type { JanusAnswer } from "./messages.ts";
import { checkPublication, ridOrderOf } from "./sdp.ts";

export interface PublishingParts {
  readonly handle: number;
  /** Whether its participant may send. */
  readonly isAllowed: boolean;
  /** How long Janus may take, in ms. */
  readonly timeoutMs: number;
  ask(
    handle: number,
    request: { janus: string },
    doing: string,
  ): Promise<JanusAnswer>;
  /** Sends something to the VideoRoom, on this handle. */
  message(
    handle: number,
    body: Record<string, unknown>,
    doing: string,
    options: Omit<LinkAskOptions, "doing"> & { jsep: Record<string, unknown> },
  ): Promise<JanusAnswer>;
}

export class Publishing {
  readonly #parts: PublishingParts;
  /** `used`: there is, or may be, a connection on it. */
  #state: "fresh" | "used" = "fresh";

  constructor(parts: PublishingParts) {
    this.#parts = parts;
  }

  get handle(): number {
    return this.#parts.handle;
  }

  /** Another node held it before, and may have had a connection on it. */
  takeOver(): void {
    this.#state = "used";
  }

  /**
   * Takes the offer of a new connection, in place of the one that there may be; the answer.
   *
   * @throws {SfuError} (rejects) `invalid`, `unavailable`; and as `JanusLink.ask`
   */
  async publish(sdp: string): Promise<string> {
    const { handle, isAllowed, timeoutMs, ask, message } = this.#parts;
    if (!isAllowed) {
      throw new SfuError("invalid", "Cannot publish: this participant may not send");
    }
    checkPublication(sdp);
    // Janus would take a second offer for a change of the same connection.
    if (this.#state === "used") await ask(handle, { janus: "hangup" }, "hang up");
    this.#state = "used";
    const jsep = { type: "offer", sdp, rid_order: ridOrderOf(sdp) };
    const answer = await message(handle, { request: "publish" }, "publish", { jsep, timeoutMs });
    if (answer.janus === "event" && answer.jsep?.type === "answer") return answer.jsep.sdp;
    throw new SfuError("unavailable", "Cannot publish: Janus answered without a description");
  }
}
