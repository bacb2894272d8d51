/**
 * Which faults happen in which order: drawn from the seed alone.
 *
 * @module
 */
import type { Fault as GateFault } from "../helpers/redis_faults.ts";
import type { FaultKind } from "./options.ts";
import { between, pick } from "./random.ts";

/** Times in ms. */
export type Fault =
  | { kind: "kill" | "drain"; node: number; downMs: number }
  | { kind: "freeze"; node: number; forMs: number }
  | { kind: "restart" | "bus"; downMs: number }
  | { kind: "flush" }
  | { kind: "stall"; forMs: number }
  | { kind: "gate"; node: number; fault: GateFault; forMs: number }
  | { kind: "streams"; node: number; how: "end" | "mute" };

export interface Planned {
  /** After the end of the fault before it in its track, in ms. */
  waitMs: number;
  fault: Fault;
}

/** Two tracks run side by side, each fault after the one before: so at most one node is down at a time. */
export const TRACKS = {
  nodes: ["kill", "drain", "freeze"],
  carriers: ["restart", "flush", "stall", "gate", "streams", "bus"],
} as const satisfies Record<string, FaultKind[]>;

export type Track = keyof typeof TRACKS;

/** How much more often than others. */
const WEIGHT: Partial<Record<FaultKind, number>> = { kill: 5 };

/** Calm between two faults of a track, in ms. */
const WAIT_MS = { nodes: [1_000, 3_500], carriers: [2_000, 7_000] } as const;

const GATE_FAULTS: readonly GateFault[] = [
  { kind: "hang" },
  { kind: "error", status: 500, error: "ERR made up by the chaos" },
  { kind: "delay", ms: 400 },
  { kind: "lost answer" },
];

/** A track's faults without end. */
export function* schedule(
  track: Track,
  { nodes, kinds }: { nodes: number; kinds: readonly FaultKind[] },
  random: () => number,
): Generator<Planned, void> {
  const wanted = TRACKS[track].filter((kind) => kinds.includes(kind));
  const urn = wanted.flatMap((kind) => Array<FaultKind>(WEIGHT[kind] ?? 1).fill(kind));
  if (urn.length === 0) return;
  const [least, most] = WAIT_MS[track];
  while (true) {
    yield {
      waitMs: between(least, most, random),
      fault: drawn(pick(urn, random), between(0, nodes, random), random),
    };
  }
}

function drawn(kind: FaultKind, node: number, random: () => number): Fault {
  switch (kind) {
    case "kill":
    case "drain":
      return { kind, node, downMs: between(0, 1_500, random) };
    case "freeze":
      return { kind, node, forMs: between(2_000, 12_000, random) };
    case "restart":
    case "bus":
      return { kind, downMs: between(0, 3_000, random) };
    case "flush":
      return { kind };
    case "stall":
      return { kind, forMs: between(1_000, 4_000, random) };
    case "gate": {
      const fault = pick(GATE_FAULTS, random);
      return { kind, node, fault, forMs: between(1_000, 8_000, random) };
    }
    case "streams":
      return { kind, node, how: pick(["end", "mute"], random) };
  }
}

/** For people. */
export function faultText(fault: Fault): string {
  const where = "node" in fault ? ` node ${fault.node + 1}` : "";
  const time = "forMs" in fault
    ? ` for ${fault.forMs} ms`
    : "downMs" in fault
    ? ` for ${fault.downMs} ms and a start`
    : "";
  const how = fault.kind === "gate"
    ? ` ${fault.fault.kind}`
    : fault.kind === "streams"
    ? ` ${fault.how}`
    : "";
  return `${fault.kind}${where}${how}${time}`;
}
