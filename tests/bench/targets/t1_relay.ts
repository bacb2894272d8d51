/**
 * T1, relay cost: 2 KB signals between pairs of sockets on one node, messages per second of server CPU, against bare
 * relays that the same load program drives in turn in the same run.
 *
 * @module
 */
import { type Figure, median, rounded } from "../report/figure.ts";
import type { Sample } from "../load/load_protocol.ts";
import { provision, startNode } from "../servers/node.ts";
import type { PayloadKind } from "../load/payloads.ts";
import { cpuSeconds, pause } from "../system/proc.ts";
import { Load, startBareRelay } from "../load/process.ts";

const PAIRS = 60;
const ROUNDS = 5;
const MOST_TRIES = 12;
/** Share of the rate that has to arrive in a round's time for the round to count. */
const HELD = 0.97;
const ROUND_MS = 5_000;
/** Before each round, at the same load: the first moments are not looked at. */
const SETTLE_MS = 1_000;
const WARM_UP_MS = 3_000;
/**
 * Of one core, on the bare relay that forwards: above the noise, and below saturation not only of the servers but also of the
 * load program, which has about twice a server's work, and of a machine of two cores.
 */
const UTILIZATION = 0.25;
const CALIBRATION_RATE = 10_000;

/** A server, and the load program that talks with it alone. */
interface Subject {
  readonly name: "service" | "forward" | "named";
  readonly pid: number;
  readonly load: Load;
}

interface Round {
  /** Signals that arrived per second of server CPU. */
  readonly perCpuSecond: number;
  /** Server CPU, as a share of one core. */
  readonly utilization: number;
  readonly perSecond: number;
  readonly delayMs: Sample["delayMs"];
  readonly lagMs: Sample["lagMs"];
}

type Rounds = Record<Subject["name"], Round[]>;

export async function t1(): Promise<Figure[]> {
  await using node = await startNode({ FRAME_RATE: "1000000", FRAME_BURST: "1000000" });
  await using forward = await startBareRelay("forward");
  await using named = await startBareRelay("named");
  await using nodeLoad = new Load();
  await using forwardLoad = new Load();
  await using namedLoad = new Load();

  const tokens = await provision(node, { rooms: PAIRS, perRoom: 2 });
  const connectRate = 200;
  await nodeLoad.connect({
    urls: [node.wsUrl],
    sockets: tokens.map((token) => ({ token })),
    connectRate,
  });
  // As long as the service's ids, so that frames are of one length.
  const ids = tokens.map((_, i) => ({ id: `p_${String(i).padStart(17, "0")}` }));
  await forwardLoad.connect({ urls: [forward.url], sockets: ids, connectRate });
  await namedLoad.connect({ urls: [named.url], sockets: ids, connectRate });

  const subjects: Subject[] = [
    { name: "service", pid: node.pid, load: nodeLoad },
    { name: "forward", pid: forward.pid, load: forwardLoad },
    { name: "named", pid: named.pid, load: namedLoad },
  ];
  const { utilization } = await round(subjects[1]!, CALIBRATION_RATE, "sdp", WARM_UP_MS);
  const rate = Math.round(CALIBRATION_RATE * UTILIZATION / utilization);
  const figures: Figure[] = [];
  for (const kind of ["sdp", "plain"] as const) {
    figures.push(...report(kind, await compare(subjects, rate, kind)));
  }
  return figures;
}

/** All servers in turn, in one order and then the other, so that what drifts meets each alike. */
async function compare(subjects: Subject[], rate: number, kind: PayloadKind): Promise<Rounds> {
  for (const subject of subjects) await round(subject, rate, kind, WARM_UP_MS);
  const rounds: Rounds = { service: [], forward: [], named: [] };
  for (let tried = 0; rounds.service.length < ROUNDS; tried++) {
    if (tried === MOST_TRIES) {
      throw new Error(
        `Cannot hold ${rate} signals a second for ${ROUNDS} of ${tried} rounds, ` +
          `only for ${rounds.service.length}: expected a machine that has less else to do`,
      );
    }
    const turn = new Map<Subject["name"], Round>();
    for (const subject of tried % 2 ? subjects.toReversed() : subjects) {
      turn.set(subject.name, await round(subject, rate, kind, SETTLE_MS));
    }
    // Work that piled up is done in larger portions, which is another measurement.
    if (turn.values().some(({ perSecond }) => perSecond < rate * HELD)) continue;
    for (const [name, read] of turn) rounds[name].push(read);
  }
  return rounds;
}

async function round(
  { name, pid, load }: Subject,
  rate: number,
  kind: PayloadKind,
  settleMs: number,
): Promise<Round> {
  await load.send({ rate, kind });
  await pause(settleMs);
  const before = { ...await load.sample(), cpu: cpuSeconds(pid), at: performance.now() };
  await pause(ROUND_MS);
  const after = { ...await load.sample(), cpu: cpuSeconds(pid), at: performance.now() };
  await load.send({ rate: 0, kind });
  await drained(name, load);
  const received = after.received - before.received;
  const seconds = (after.at - before.at) / 1000;
  const cpu = after.cpu - before.cpu;
  return {
    perCpuSecond: received / cpu,
    utilization: cpu / seconds,
    perSecond: received / seconds,
    delayMs: after.delayMs,
    lagMs: after.lagMs,
  };
}

/** Everything sent has to arrive: a relay that loses is not measured. */
async function drained(name: string, load: Load): Promise<void> {
  const until = performance.now() + 60_000;
  for (;;) {
    const { sent, received } = await load.sample();
    if (sent === received) return;
    if (performance.now() > until) {
      throw new Error(`Cannot measure ${name}: ${sent} signals sent, ${received} arrived`);
    }
    await pause(20);
  }
}

function report(kind: PayloadKind, rounds: Rounds): Figure[] {
  const payload = kind === "sdp" ? "2 KB session descriptions" : "2 KB plain text";
  const ratio = (bare: "forward" | "named") =>
    median(rounds.service.map((r, i) => r.perCpuSecond / rounds[bare][i]!.perCpuSecond));
  const rate = (name: Subject["name"]) => median(rounds[name].map((r) => r.perCpuSecond));
  const load = median(rounds.service.map((r) => r.utilization));
  const delay = median(rounds.service.map((r) => r.delayMs.p99));
  const note =
    `${ROUNDS} rounds of ${ROUND_MS / 1000} s, at ${
      rounded(median(rounds.service.map((r) => r.perSecond)))
    }/s: ` +
    `${rounded(rate("service"))} against ${rounded(rate("forward"))} (forwarding) and ` +
    `${rounded(rate("named"))} (naming the sender) per CPU s; service at ${
      Math.round(load * 100)
    } % ` +
    `of a core, p99 ${rounded(delay)} ms`;
  const target = { is: "at least", value: 1 } as const;
  return [
    {
      kind: "measured",
      target: "T1",
      what: `relay of ${payload}, to a bare relay`,
      value: ratio("forward"),
      unit: "x",
      // Signals are session descriptions and candidates: the other payload is to compare with.
      bound: kind === "sdp" ? target : undefined,
      note,
      samples: rounds,
    },
    {
      kind: "measured",
      target: "T1",
      what: `  to a bare relay that names the sender, as the wire needs`,
      value: ratio("named"),
      unit: "x",
    },
  ];
}
