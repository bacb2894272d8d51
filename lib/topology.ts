/**
 * The one place that decides which way media takes in a room: a function of what is known, and of the time.
 *
 * @module
 */
import { assertNever } from "./assert_never.ts";
import type { Grant, Measured, TopologyReason } from "./protocol.ts";
import { reachOf, type ReachPolicy, type ReachView } from "./reach.ts";
import type { RoomState, RoomTopology, TopologyPolicy } from "./room_state.ts";
import { chooseSfu } from "./sfu/choose.ts";
import type { SfuView } from "./sfu/directory.ts";

/** Thresholds of the decision. Times in ms. */
export interface DecisionPolicy extends ReachPolicy {
  /** What a mesh can hold at all, in participants. */
  meshLimit: number;
  /** So many are nowhere better off than in a mesh that stands already: when their SFU fails, they go there first. */
  meshComfort: number;
  /** With fewer, no strain makes an SFU worth it. */
  strainedFrom: number;
  /** How long a topology stays at least before a promotion, and before a demotion; doubled with each change that came soon. */
  promoteAfterMs: number;
  demoteAfterMs: number;
  longestDwellMs: number;
  /** How long a mesh that an SFU has failed stays at least: first everyone is to be back. */
  recoverMs: number;
  /** Within what time all nodes have heard of an SFU to which a room has gone. */
  heardOfMs: number;
  /** After what time it is looked again for an SFU where there was none. */
  lookAgainMs: number;
}

/** Someone in the room, as far as it matters here. */
export interface PersonView extends ReachView {
  /** Of its node. */
  region: string;
  /** Whether it is here and sends anything. */
  sends: boolean;
  /** Whether it is here and may be sent anything. */
  hears: boolean;
  measured?: Measured;
}

/** All that a decision is made of. */
export interface TopologyView {
  room: string;
  topology: RoomTopology;
  wish: TopologyPolicy;
  /** Where the SFU may be; empty: anywhere. */
  regions: readonly string[];
  people: readonly PersonView[];
  sfus: readonly SfuView[];
}

/** Where a room is to go. */
export type Target = { mode: "mesh" } | { mode: "sfu"; grant: Grant };

export type Decision =
  /** `until`: when time alone may change that, in ms since 1970; `Infinity`: never. */
  | { kind: "stay"; until: number }
  /** `shun`: an SFU that this room is to keep away from for a while. */
  | { kind: "change"; to: Target; reason: TopologyReason; shun?: string };

const MESH: Target = { mode: "mesh" };
const STAY: Decision = { kind: "stay", until: Infinity };

/** Decides. Whatever comes in, the answer changes back and forth only ever more slowly. */
export function decide(view: TopologyView, policy: DecisionPolicy, now: number): Decision {
  switch (view.topology.mode) {
    case "mesh":
      return fromMesh(view, policy, now);
    case "sfu":
      return fromSfu(view, view.topology.grant, policy, now);
    default:
      return assertNever(view.topology);
  }
}

function fromMesh(view: TopologyView, policy: DecisionPolicy, now: number): Decision {
  const { wish, people } = view;
  const forced = wish.mode === "sfu";
  const many = people.length >= wish.promoteAt;
  const strained = people.length >= policy.strainedFrom && people.some(isStrained);
  const { apart, until } = reachOf(view, policy, now);
  if (wish.mode === "mesh") return STAY;
  if (!(forced || apart || many || strained)) return { kind: "stay", until };
  const to = free(view, now);
  // One may get free, which nobody tells of.
  if (!to) return { kind: "stay", until: sfuAgain(view, policy, now) };
  const reason = forced ? "forced" : apart ? "unconnected" : many ? "participants" : "strain";
  const promotion: Decision = { kind: "change", to, reason };
  if (EVASIONS.has(view.topology.reason)) {
    return after(policy.recoverMs, promotion, view, policy, now);
  }
  // Two of them hear and see nothing of each other.
  return forced || apart ? promotion : after(policy.promoteAfterMs, promotion, view, policy, now);
}

function fromSfu(
  view: TopologyView,
  grant: Grant,
  policy: DecisionPolicy,
  now: number,
): Decision {
  const { wish, people } = view;
  if (wish.mode === "mesh") return { kind: "change", to: MESH, reason: "forced" };
  const heardOf = view.topology.since + policy.heardOfMs;
  // Within a node that has just begun: only that node knows it yet.
  const isNew = !view.sfus.some(({ id }) => id === grant.sfu) && now < heardOf;
  if (isNew) return { kind: "stay", until: heardOf };
  const trouble = troubleOf(view, grant.sfu);
  if (trouble) return evade(view, { grant, trouble }, policy, now);
  if (wish.mode === "sfu") return STAY;
  // Whoever came for the sake of somebody's network does not go back to where that network suffered.
  const { reason } = view.topology;
  const suffered = reason === "strain" || (EVASIONS.has(reason) && people.some(isStrained));
  const few = suffered ? Math.min(wish.demoteAt, policy.strainedFrom - 1) : wish.demoteAt;
  if (people.length === 0 || people.length > few) return STAY;
  const { apart, until } = reachOf(view, policy, now);
  if (apart) return { kind: "stay", until };
  const demotion: Decision = { kind: "change", to: MESH, reason: "participants" };
  return after(policy.demoteAfterMs, demotion, view, policy, now);
}

type Trouble = "sfu_lost" | "sfu_unreachable" | "sfu_draining";
const EVASIONS: ReadonlySet<TopologyReason> = new Set<Trouble>([
  "sfu_lost",
  "sfu_unreachable",
  "sfu_draining",
]);

/** What is wrong with the room's SFU, if anything is. */
function troubleOf({ people, sfus, topology: { epoch } }: TopologyView, id: string) {
  const sfu = sfus.find((one) => one.id === id);
  if (!sfu || sfu.state === "down") return "sfu_lost";
  const states = people.map(({ measured }) =>
    measured?.sfu?.epoch === epoch ? measured.sfu.state : undefined
  );
  const senders = people.filter(({ sends }) => sends).length;
  // Those to whom somebody else sends: only they can miss anything.
  const hearers = people.filter(({ sends, hears }) => hears && senders > (sends ? 1 : 0)).length;
  const stalled = states.filter((state) => state === "stalled").length;
  // One alone, of two or many, has trouble of its own, or the other has, who mends it.
  const least = Math.max(1, Math.min(2, hearers), hearers / 2);
  if (stalled >= least) return "sfu_lost";
  if (states.includes("unreachable")) return "sfu_unreachable";
  return sfu.state === "draining" ? "sfu_draining" : undefined;
}

/** To another SFU, or to the mesh where the room is small enough for it. */
function evade(
  view: TopologyView,
  { grant, trouble }: { grant: Grant; trouble: Trouble },
  policy: DecisionPolicy,
  now: number,
): Decision {
  const { wish, people } = view;
  const shun = grant.sfu;
  const other = free(view, now, shun);
  const small = people.length <= policy.meshComfort ||
    (wish.mode === "auto" && people.length < wish.promoteAt);
  const { apart } = reachOf(view, policy, now);
  // Nobody misses anything yet, or two would go on missing it: straight to where it is to stay.
  if (other && (!small || apart || trouble === "sfu_draining")) {
    return { kind: "change", to: other, reason: trouble, shun };
  }
  // A mesh that is rather large is better than an SFU that is dead, but not better than one that serves most.
  const most = trouble === "sfu_lost" ? 2 * policy.meshLimit : policy.meshLimit;
  if (people.length <= most) return { kind: "change", to: MESH, reason: trouble, shun };
  return { kind: "stay", until: sfuAgain(view, policy, now) };
}

function isStrained({ measured }: PersonView): boolean {
  return measured?.relayed === true || (measured?.strain ?? "none") !== "none";
}

/** The SFU that the room would get. */
function free(view: TopologyView, now: number, but?: string): Target | undefined {
  const { room, regions, people, topology: { shunned } } = view;
  const usable = view.sfus.filter(({ id, region, state }) =>
    state === "ok" && id !== but && !((shunned[id] ?? 0) > now) &&
    (regions.length === 0 || regions.includes(region))
  );
  const whereabouts = people.map(({ region, measured }) => ({
    region,
    roundTrips: measured?.roundTrips,
  }));
  const sfu = chooseSfu(room, whereabouts, usable);
  if (!sfu) return undefined;
  return { mode: "sfu", grant: { kind: "offer_answer", sfu: sfu.id, region: sfu.region } };
}

/** The change, if the topology has stayed for long enough by now. */
function after(
  ms: number,
  change: Decision,
  { topology: { since, flaps } }: TopologyView,
  { longestDwellMs }: DecisionPolicy,
  now: number,
): Decision {
  const until = since + Math.min(longestDwellMs, ms * 2 ** flaps);
  return until <= now ? change : { kind: "stay", until };
}

function sfuAgain({ sfus }: TopologyView, { lookAgainMs }: DecisionPolicy, now: number): number {
  return sfus.length === 0 ? Infinity : now + lookAgainMs;
}

/** Whether there is an SFU for the room, in use or to be had. */
export function isLiftable(view: TopologyView, now: number): boolean {
  return view.topology.mode === "sfu" || free(view, now) !== undefined;
}

/** A room and the SFUs -> what a decision is made of. */
export function topologyView(state: RoomState, sfus: readonly SfuView[]): TopologyView {
  const { key, topology, settings } = state;
  return {
    room: `${key.tenant}/${key.id}`,
    topology,
    wish: settings.topology,
    regions: settings.regions,
    people: Object.values(state.members).map((member) => {
      const isHere = member.presence.state === "active";
      return {
        id: member.id,
        joinedAt: member.joinedAt,
        region: member.region,
        sends: isHere && Object.values(member.media).some((on) => on),
        hears: isHere && member.permissions.subscribe,
        ...(member.measured && { measured: member.measured }),
        ...(member.unreached && { unreached: member.unreached }),
      };
    }),
    sfus,
  };
}
