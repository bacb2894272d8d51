import { assertNever } from "./assert_never.ts";
import type { Counters } from "./counters.ts";
import { errorText, type Log } from "./log.ts";
import type { RoomChange } from "./room_change.ts";
import type { RoomKey } from "./room_state.ts";
import { Unavailable } from "./unavailable.ts";

/** Counts and logs what this node did to a room; not every mute and raised hand. */
export function record(
  { log, counters }: { log: Log; counters: Counters },
  { tenant, id: room }: RoomKey,
  changes: RoomChange[],
): void {
  for (const change of changes) {
    switch (change.kind) {
      case "participant": {
        const { cause, member: { id: participant } } = change;
        if (cause === "joined" || cause === "resumed") counters.entered[cause]++;
        if (cause !== "updated" && cause !== "measured") {
          log("info", cause, { tenant, room, participant });
        }
        break;
      }
      case "left":
        counters.left[change.reason]++;
        log("info", "left", { tenant, room, participant: change.id, code: change.reason });
        break;
      case "ended":
        log("info", "room_ended", { tenant, room });
        break;
      case "topology": {
        const { topology, reason } = change;
        const { mode, epoch } = topology;
        counters.switches[mode]++;
        const sfu = topology.mode === "sfu" ? topology.grant.sfu : undefined;
        log("info", "topology", { tenant, room, mode, epoch, reason, sfu });
        break;
      }
      case "room":
        break;
      default:
        assertNever(change);
    }
  }
}

/** Logs what this node could not do for a room; that the store is away is told elsewhere, once and not per room. */
export function recordFailure(
  log: Log,
  event: string,
  { tenant, id: room }: RoomKey,
  error: unknown,
): void {
  if (error instanceof Unavailable) return;
  log("error", event, { tenant, room, error: errorText(error) });
}
