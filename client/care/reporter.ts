/**
 * Tells the node what has been measured: when it has changed, and not too often.
 *
 * @module
 */
import type { Measured } from "../../lib/protocol.ts";
import { REPORT } from "./policy.ts";

export class Reporter {
  /** Sends a report; whether it could. */
  readonly #send: (measured: Measured) => boolean;
  #measured: Measured = {};
  /** The JSON text of what the node knows. */
  #told = "{}";
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(send: (measured: Measured) => boolean) {
    this.#send = send;
  }

  /** Takes in what has been measured; how it stands with the SFU is told at once. */
  set(measured: Measured): void {
    this.#measured = { ...this.#measured, ...measured };
    if ("sfu" in measured) this.#tell();
    else this.#timer ??= setTimeout(() => this.#tell(), REPORT.intervalMs);
  }

  /** The node may be another, which knows nothing. */
  repeat(): void {
    this.#told = "{}";
    this.#tell();
  }

  close(): void {
    clearTimeout(this.#timer);
  }

  #tell(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const json = JSON.stringify(this.#measured);
    if (json !== this.#told && this.#send(this.#measured)) this.#told = json;
  }
}
