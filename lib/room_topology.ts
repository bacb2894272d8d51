import { POLICY } from "./policy.ts";
import type { TopologyReason } from "./protocol.ts";
import type { RoomState, RoomTopology } from "./room_state.ts";
import { same } from "./room_change.ts";
import type { Target } from "./topology.ts";

/** What is to be committed. */
interface Commit {
  to: Target;
  reason: TopologyReason;
  shun?: string;
}

/** The topology after a decision, one epoch on; `undefined` where it is there already. */
export function committed(
  before: RoomTopology,
  { to, reason, shun }: Commit,
  now: number,
): RoomTopology | undefined {
  if (same(to, targetOf(before))) return undefined;
  const { calmMs, shunMs, longestShunMs } = POLICY.topology;
  const { epoch, since } = before;
  // The first change of a room, and what its owner wants, is no flapping.
  const counts = before.reason !== "new" && reason !== "forced";
  const soon = now - since < calmMs;
  const flaps = counts && soon ? before.flaps + 1 : soon ? before.flaps : 0;
  const shunned = Object.fromEntries(
    Object.entries(before.shunned).filter(([, until]) => until > now),
  );
  if (shun) shunned[shun] = now + Math.min(longestShunMs, shunMs * 2 ** flaps);
  return { ...to, epoch: epoch + 1, reason, since: now, flaps, shunned };
}

function targetOf(topology: RoomTopology): Target {
  return topology.mode === "mesh" ? { mode: "mesh" } : { mode: "sfu", grant: topology.grant };
}

/** How many the room can hold as the mesh that it is; its owner may know better than we do. */
export function meshLimitOf({ topology, settings }: RoomState): number {
  const { mode, promoteAt } = settings.topology;
  if (topology.mode === "sfu" || mode === "mesh") return Infinity;
  return Math.max(POLICY.topology.meshLimit, promoteAt - 1);
}

/** How many who may publish the room can hold: what they all send has to fit into one description for each. */
export function senderLimitOf({ settings }: RoomState): number {
  return settings.topology.mode === "mesh" ? Infinity : POLICY.topology.senderLimit;
}

/** How many there are who may publish. */
export function sendersOf({ members }: RoomState): number {
  return Object.values(members).filter(({ permissions }) => permissions.publish).length;
}
