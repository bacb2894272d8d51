/**
 * Rooms and SFUs for decisions, with what does not matter filled in.
 *
 * @module
 */
import type { RoomTopology } from "../../lib/room_state.ts";
import { committed } from "../../lib/room_topology.ts";
import type { SfuView } from "../../lib/sfu/directory.ts";
import type { Decision, PersonView, TopologyView } from "../../lib/topology.ts";

export const START = 1_000_000;

export function sfu(id: string, given: Partial<SfuView> = {}): SfuView {
  return { id, region: "eu", capacity: 100, load: 0, state: "ok", ...given };
}

/** So many who send, where nothing was measured. */
export function people(count: number, given: Partial<PersonView> = {}): PersonView[] {
  return Array.from({ length: count }, (_, i) => ({
    id: `p${i}`,
    joinedAt: START,
    region: "eu",
    sends: true,
    hears: true,
    ...given,
  }));
}

export function mesh(given: Partial<RoomTopology> = {}): RoomTopology {
  const made = { mode: "mesh", epoch: 1, reason: "new", since: START, flaps: 0, shunned: {} };
  return { ...made, ...given } as RoomTopology;
}

export function onSfu(id: string, given: Partial<RoomTopology> = {}): RoomTopology {
  const grant = { kind: "offer_answer", sfu: id, region: "eu" };
  return mesh({ mode: "sfu", epoch: 2, reason: "participants", grant, ...given } as RoomTopology);
}

export function view(given: Partial<TopologyView> = {}): TopologyView {
  return {
    room: "acme/r",
    topology: mesh(),
    wish: { mode: "auto", promoteAt: 5, demoteAt: 3 },
    regions: [],
    people: people(2),
    sfus: [sfu("a")],
    ...given,
  };
}

/** A decision in a word: `stay`, `mesh participants`, `a forced`. */
export function inWords(decision: Decision): string {
  if (decision.kind === "stay") return "stay";
  const { to, reason } = decision;
  return `${to.mode === "mesh" ? "mesh" : to.grant.sfu} ${reason}`;
}

/** The view after a decision was committed. */
export function after(view: TopologyView, decision: Decision, now: number): TopologyView {
  if (decision.kind === "stay") return view;
  return { ...view, topology: committed(view.topology, decision, now) ?? view.topology };
}
