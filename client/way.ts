/**
 * Which way media has to take, by the node's word. Pure.
 *
 * @module
 */
import type { WelcomeFrame } from "../lib/protocol.ts";
import type { TopologyInfo } from "./api.ts";

export type Way = WelcomeFrame["topology"];

/** As the application sees it. */
export function infoOf(way: Way): TopologyInfo {
  const { mode, epoch, reason } = way;
  if (mode === "mesh") return { mode, epoch, reason };
  return { mode, epoch, reason, sfu: { id: way.grant.sfu, region: way.grant.region } };
}

/**
 * Whether `way` is another than `old`, and not stale, which is older than `since`. A store that has lost its last
 * words may count an epoch twice: then it is the SFU that differs.
 */
export function isOther(way: Way, old: Way, since: number): boolean {
  if (way.epoch < since) return false;
  return way.epoch !== old.epoch || infoOf(way).sfu?.id !== infoOf(old).sfu?.id;
}

/** Of the last topology by which media went by the mesh, `before` or now; `undefined`: never yet. */
export function meshEpochOf({ mode, epoch }: Way, before?: number): number | undefined {
  return mode === "mesh" ? epoch : before;
}
