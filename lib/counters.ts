import type { ShedCause } from "./gate.ts";
import { LimitCounters } from "./limits/counted.ts";
import type { LeftReason, MessageClass, TopologyMode } from "./protocol.ts";

/**
 * What has happened on this node, as plain numbers: the paths that run per frame only add, the metrics read them
 * when they are asked.
 */
export class Counters {
  /** Frames handed to clients, by class. */
  readonly frames: Record<MessageClass, number> = {
    signal: 0,
    presence: 0,
    topology: 0,
    chat: 0,
    control: 0,
  };
  readonly entered = { joined: 0, resumed: 0 };
  readonly left: Record<LeftReason, number> = { left: 0, lost: 0, removed: 0 };
  /** Topologies committed by this node, by mode. */
  readonly switches: Record<TopologyMode, number> = { mesh: 0, sfu: 0 };
  /** Verdicts of rate limits. */
  readonly limits = new LimitCounters();
  /** Entries refused because there was too much to do, by cause. */
  readonly shed: Record<ShedCause, number> = { queue: 0, lag: 0 };
  /** Messages that did not get to another node. */
  busFailures = 0;
  /** Summaries of quality that came too soon after others. */
  qualityDropped = 0;
  /** Error frames sent, by code. */
  readonly errors = new Map<string, number>();

  error(code: string): void {
    this.errors.set(code, (this.errors.get(code) ?? 0) + 1);
  }
}
