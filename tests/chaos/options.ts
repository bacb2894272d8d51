import { parseArgs } from "node:util";

/** What can be done to a cluster. */
export const FAULTS = {
  kill: "a node is killed (SIGKILL) and started again",
  drain: "a node is told to end (SIGINT) and started again",
  freeze: "a node stands still (SIGSTOP) for 2 to 12 s",
  restart: "Redis is killed and started again, empty",
  flush: "Redis forgets all (FLUSHALL)",
  stall: "Redis stands still for 1 to 4 s",
  gate: "one node's way to Redis hangs, errs, is slow or loses answers, for 1 to 8 s",
  streams: "one node's subscriptions at Redis end, or fall silent without an end",
  bus: "the bus is killed and started again (not with --bus redis)",
} as const;

export type FaultKind = keyof typeof FAULTS;

export const BUSES = ["redis", "nats", "rabbitmq"] as const;
export type BusKind = typeof BUSES[number];

export interface ChaosOptions {
  nodes: number;
  rooms: number;
  /** In each room. */
  people: number;
  /** For how long there are faults, in s. */
  seconds: number;
  seed: number;
  /** Signals a second, in all rooms together. */
  signals: number;
  /** People a second of whom one goes for good and another comes, in all rooms together. */
  churn: number;
  bus: BusKind;
  faults: FaultKind[];
  /** A folder for what the nodes print. */
  logs: string | undefined;
}

/** The judgement of the issue: three nodes, 300 rooms of 4. */
export const DEFAULTS: Omit<ChaosOptions, "seed"> = {
  nodes: 3,
  rooms: 300,
  people: 4,
  seconds: 60,
  signals: 200,
  churn: 1,
  bus: "redis",
  faults: Object.keys(FAULTS) as FaultKind[],
  logs: undefined,
};

/** How `deno task chaos` is called. */
export function usage(): string {
  const { nodes, rooms, people, seconds, signals, churn, bus } = DEFAULTS;
  const faults = Object.entries(FAULTS).map(([kind, what]) => `  ${kind.padEnd(8)} ${what}`);
  return [
    `deno task chaos [--nodes ${nodes}] [--rooms ${rooms}] [--people ${people}] [--seconds ${seconds}] [--seed N]`,
    `  [--signals ${signals}] [--churn ${churn}] [--bus ${bus}] [--faults kill,flush,...] [--logs FOLDER]`,
    `buses: ${BUSES.join(", ")}; faults, by default all:`,
    ...faults,
  ].join("\n");
}

type NumberOption = "nodes" | "rooms" | "people" | "seconds" | "seed" | "signals" | "churn";

/** Reads the arguments. `drawn`: the seed where none is given. @throws {Error} that says what was expected. */
export function readOptions(args: string[], drawn: number): ChaosOptions {
  const text = { type: "string" } as const;
  const { values } = parseArgs({
    args,
    options: {
      nodes: text,
      rooms: text,
      people: text,
      seconds: text,
      seed: text,
      signals: text,
      churn: text,
      bus: text,
      faults: text,
      logs: text,
    },
  });
  const number = (name: NumberOption, otherwise: number) => {
    const value = values[name] === undefined ? otherwise : Number(values[name]);
    if (value > 0) return value;
    throw new Error(`Cannot use --${name} "${values[name]}"; expected a number above 0`);
  };
  return {
    nodes: number("nodes", DEFAULTS.nodes),
    rooms: number("rooms", DEFAULTS.rooms),
    people: number("people", DEFAULTS.people),
    seconds: number("seconds", DEFAULTS.seconds),
    seed: number("seed", drawn),
    signals: number("signals", DEFAULTS.signals),
    churn: number("churn", DEFAULTS.churn),
    bus: oneOf("bus", values.bus ?? DEFAULTS.bus, BUSES),
    faults: values.faults === undefined
      ? DEFAULTS.faults
      : values.faults.split(",").map((kind) => oneOf("faults", kind, DEFAULTS.faults)),
    logs: values.logs,
  };
}

function oneOf<T extends string>(name: string, value: string, known: readonly T[]): T {
  const found = known.find((one) => one === value);
  if (found !== undefined) return found;
  throw new Error(`Cannot use --${name} "${value}"; expected of ${known.join(", ")}`);
}
