/**
 * What can happen to a room, and how it may be refused.
 *
 * @module
 */
import type { ErrorCode } from "./codes.ts";
import type { Attributes, Measured, Media, TopologyReason } from "./protocol.ts";
import type { Admission, RoomState, SettingsChange } from "./room_state.ts";
import type { SfuView } from "./sfu/directory.ts";
import type { Target } from "./topology.ts";

/** What may happen to a room. */
export type RoomEvent =
  | {
    kind: "enter";
    admission: Admission;
    node: string;
    /** Of the node. */
    region: string;
    connection: string;
    media?: Media;
    attributes?: Attributes;
    /** Those to which the room could be lifted; absent: it may grow as a mesh. */
    sfus?: readonly SfuView[];
  }
  | { kind: "update"; id: string; media?: Media; attributes?: Attributes }
  | { kind: "away"; id: string; connection: string }
  | { kind: "leave"; id: string; connection: string }
  | { kind: "remove"; id: string }
  | { kind: "configure"; given: SettingsChange }
  | { kind: "measure"; id: string; measured: Measured }
  | { kind: "topology"; expectedEpoch: number; to: Target; reason: TopologyReason; shun?: string }
  /** What is due happens. `dead`: nodes without a sign of life, and when each gave its last. */
  | { kind: "tick"; dead?: Readonly<Record<string, number>> }
  /**
   * A node puts right what the store says of its people, as `view` has them. Where the room is still as it was when
   * the store was last asked (`saved` is its stamp), of all: what has been heard since is news of it.
   */
  | { kind: "restore"; node: string; view: RoomState; saved?: string }
  | { kind: "end" };

/** Why an owner's change cannot be; sockets never see these. */
export type SettingsRefusal = "invalid_settings" | "epoch_stale";

/** The event cannot be: nothing has changed. */
export interface Refusal {
  kind: "refused";
  code: ErrorCode | SettingsRefusal;
  message: string;
  retryAfterMs?: number;
  /** Of `room_not_found`: the room may have been there, and been lost a short time ago. */
  forgotten?: boolean;
}

/** Somebody wants to come in. */
export type Enter = RoomEvent & { kind: "enter" };
