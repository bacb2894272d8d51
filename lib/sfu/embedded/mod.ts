/**
 * An SFU in this process: `embedded:`, for wherever there is UDP and nothing else.
 *
 * It runs in a worker, so that neither a handshake nor what it forwards ever holds up the signaling. There, DTLS is
 * werift's; ICE lite, SRTP, RTP and the session descriptions are its own.
 *
 * @module
 */
import type { Log } from "../../log.ts";
import type { Sfu, SfuInfo } from "../mod.ts";
import { bind } from "./udp.ts";
import { WorkerSfu } from "./worker_sfu.ts";

export interface EmbeddedOptions {
  readonly info: SfuInfo;
  /** An address under which this host can be reached from outside, where it does not know it itself. */
  readonly address?: string;
  /** First and last UDP port that may be used; one is. Any, where absent. */
  readonly ports?: readonly [number, number];
}

/** Whether this host can open UDP sockets. */
export async function hasUdp(): Promise<boolean> {
  // Deno Deploy has no inbound UDP, even where a socket can be opened.
  if (Deno.env.get("DENO_DEPLOYMENT_ID") !== undefined) return false;
  try {
    (await bind("127.0.0.1", 0)).close();
    return true;
  } catch {
    return false;
  }
}

/** An SFU in this process. Its worker begins with the first session. */
export function embeddedSfu(options: EmbeddedOptions, log: Log = () => {}): Sfu {
  return new WorkerSfu({ ...options, hasUdp, log });
}
