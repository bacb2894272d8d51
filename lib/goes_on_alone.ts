import { assertNever } from "./assert_never.ts";
import type { RoomEvent } from "./room_event.ts";

/** Whether a room may do this without the store: what concerns the people of this node. */
export function goesOnAlone(event: RoomEvent): boolean {
  switch (event.kind) {
    case "enter":
    case "update":
    case "measure":
    case "away":
    case "leave":
    case "tick":
      return true;
    case "remove":
    case "configure":
    case "topology":
    case "restore":
    case "end":
      return false;
    default:
      return assertNever(event);
  }
}
