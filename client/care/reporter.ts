/**
 * Tells the node what has been measured, and how the call goes: what is urgent at once, the rest together and seldom.
 *
 * @module
 */
import type { ClientFrame, Measured, QualitySummary } from "../../lib/protocol.ts";
import { REPORT } from "./policy.ts";

export interface ReporterPort {
  /** Sends a report; whether it could. */
  send(report: Extract<ClientFrame, { type: "report" }>): boolean;
  /** How the call has gone since this was asked last; `undefined`: there is nothing to tell. */
  summary(): QualitySummary | undefined;
}

/** What the node does something about as soon as it hears of it. */
const URGENT = ["sfu", "unreachable"] as const;

export class Reporter {
  readonly #port: ReporterPort;
  #measured: Measured = {};
  /** The JSON text of what the node knows. */
  #told = "{}";
  #toldAt = -Infinity;

  constructor(port: ReporterPort) {
    this.#port = port;
  }

  /** Takes in what has been measured. */
  set(measured: Measured): void {
    this.#measured = { ...this.#measured, ...measured };
    if (URGENT.some((name) => name in measured)) this.#tell();
  }

  /** Lets time pass. */
  tend(now: number): void {
    if (now - this.#toldAt < REPORT.intervalMs) return;
    this.#toldAt = now;
    this.#tell(this.#port.summary());
  }

  /** The node may be another, which knows nothing. */
  repeat(): void {
    this.#told = "{}";
    this.#tell();
  }

  #tell(quality?: QualitySummary): void {
    const json = JSON.stringify(this.#measured);
    const measured = json === this.#told ? undefined : this.#measured;
    if (measured === undefined && quality === undefined) return;
    if (this.#port.send({ type: "report", measured, quality }) && measured) this.#told = json;
  }
}
