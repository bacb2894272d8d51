/**
 * Sees to it that each room here has the topology that it should have: asks `decide`, the one place that knows, and
 * commits what it says.
 *
 * Any number of nodes may do so at once: the first commit to an epoch counts. So that most of the time only one does,
 * the node of the room's oldest participant goes first where there is no hurry.
 *
 * @module
 */
import type { Log } from "./log.ts";
import { POLICY } from "./policy.ts";
import type { TopologyReason } from "./protocol.ts";
import { recordFailure } from "./record.ts";
import { keyOf, parseKey, type RoomState } from "./room_state.ts";
import type { Rooms } from "./rooms.ts";
import type { SfuDirectory } from "./sfu/directory.ts";
import { decide, type Decision, topologyView } from "./topology.ts";

export interface SteeringParts {
  node: string;
  rooms: Rooms;
  sfus: SfuDirectory;
  log: Log;
}

type Change = Extract<Decision, { kind: "change" }>;

export class Steering {
  readonly #parts: SteeringParts;
  /** Rooms to be looked at again, and when. */
  readonly #later = new Map<string, number>();
  readonly #committing = new Map<string, Promise<void>>();

  constructor(parts: SteeringParts) {
    this.#parts = parts;
    parts.sfus.onChange(() => this.reviewAll());
  }

  /** Looks at all rooms here: an SFU has come, gone or changed. */
  reviewAll(now = Date.now()): void {
    for (const { view } of this.#parts.rooms.all) this.review(view, now);
  }

  /** Looks at the rooms of which something is due. */
  tick(now: number): void {
    for (const [name, at] of this.#later) {
      if (at > now) continue;
      this.#later.delete(name);
      const room = this.#parts.rooms.get(parseKey(name));
      if (room) this.review(room.view, now, "late");
    }
  }

  /** Decides about a room. `late`: the one who should have has had the time. */
  review(state: RoomState, now = Date.now(), when: "now" | "late" = "now"): void {
    const name = keyOf(state.key);
    this.#later.delete(name);
    if (state.emptySince !== null) return;
    const { sfus } = this.#parts;
    const decision = decide(topologyView(state, sfus.views), POLICY.topology, now);
    if (decision.kind === "stay") {
      if (decision.until !== Infinity) this.#later.set(name, decision.until);
      return;
    }
    if (when === "now" && !isUrgent(decision) && !this.#isFirst(state)) {
      this.#later.set(name, now + POLICY.topology.understudyMs);
      return;
    }
    if (this.#committing.has(name)) return;
    // What is not done now is looked at again: `#later` is set.
    const commit = this.#commit(state, decision, now).catch((error) =>
      recordFailure(this.#parts.log, "topology_failed", state.key, error)
    );
    this.#committing.set(name, commit);
  }

  /** What is being committed now. */
  get committing(): Promise<void>[] {
    return [...this.#committing.values()];
  }

  async #commit(state: RoomState, { to, reason, shun }: Change, now: number): Promise<void> {
    const name = keyOf(state.key);
    try {
      const expectedEpoch = state.topology.epoch;
      const event = { kind: "topology", expectedEpoch, to, reason, shun } as const;
      // `epoch_stale`: another node was first, and this one is about to hear of it.
      const { kind } = await this.#parts.rooms.change(state.key, event, { now });
      if (kind === "changed" && to.mode === "sfu") {
        // Many rooms may go there before it says that it has more.
        this.#parts.sfus.expect(to.grant.sfu, Object.keys(state.members).length, now);
      }
    } finally {
      this.#committing.delete(name);
      // Whatever came meanwhile was decided for the topology before this.
      this.#later.set(name, now + POLICY.tickMs);
    }
  }

  #isFirst({ members }: RoomState): boolean {
    const active = Object.values(members).filter(({ presence }) => presence.state === "active");
    const [first] = active.toSorted((a, b) => a.id < b.id ? -1 : 1);
    return first?.node === this.#parts.node;
  }
}

const URGENT: ReadonlySet<TopologyReason> = new Set([
  "unconnected",
  "sfu_lost",
  "sfu_unreachable",
  "sfu_draining",
]);

/** People hear or see nothing until it is done. */
function isUrgent({ reason }: Change): boolean {
  return URGENT.has(reason);
}
