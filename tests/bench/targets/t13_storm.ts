/**
 * T13, storm: thousands of clients lose their connections at once and come back, while others go on talking.
 *
 * @module
 */
import { find, REDIS_SERVER } from "../../../tools/test/requirements.ts";
import type { Service } from "../../helpers/service.ts";
import { type Figure, median, percentile, rounded, spread } from "../report/figure.ts";
import { provisionRooms, startNode } from "../servers/node.ts";
import { cpuSeconds, mainThread, openFileLimit, pause } from "../system/proc.ts";
import type { Delays } from "../load/load_protocol.ts";
import { Load, Storm } from "../load/process.ts";
import { type RestRedis, startRestRedis } from "../servers/rest_redis.ts";
import type { StormReport } from "../load/storm_protocol.ts";

const CLIENTS = 5_000;
const PER_ROOM = 4;
const CONNECT_RATE = 400;
/** Cuts of the network; a node is killed once. */
const CUTS = 3;
/** Pairs that talk on one node, on the other, and across. */
const PAIRS = 20;
/** Signals a second of each of these groups. */
const SIGNAL_RATE = 200;
const CALM_MS = 15_000;
/** After a storm, before the next: longer than the SDK's memory of failures. */
const SETTLE_MS = 12_000;
/** Of the time in which the clients ran, or waited for a processor; beyond, they were what had to be waited for. */
const BUSY = 0.95;

const ATTEMPTS = 1.3;
const TIMES_CALM = 2;
const WHAT = "storm";

/** Who goes on talking, and over which nodes. */
interface Group {
  readonly name: string;
  readonly load: Load;
}

interface Talk {
  /** p99 from send to receipt, in ms, and of how many. */
  readonly p99: number;
  readonly count: number;
  /** How late the load program's own timers were, p99 in ms. */
  readonly lagP99: number;
}

interface Round {
  readonly report: StormReport;
  readonly calm: Record<string, Talk>;
  readonly storm: Record<string, Talk>;
  readonly seconds: number;
  /** Share of a core, of each process. */
  readonly cpu: Record<string, number>;
  /** Share of the time in which the nodes that live were ready to run, and waited for a CPU. */
  readonly waited: number[];
  /** Share of the time in which the clients ran, or waited for one. */
  readonly clientsBusy: number;
  /** Signals that never arrived: what was on its way to a node that died, or could not be carried. */
  readonly lost: number;
}

export async function t13(): Promise<Figure[]> {
  const why = await find(REDIS_SERVER) === undefined
    ? "there is no redis-server"
    : openFileLimit() < CLIENTS * 2
    ? `${openFileLimit()} open files are allowed here; ${CLIENTS * 2} are needed`
    : undefined;
  if (why !== undefined) return [{ kind: "not measured", target: "T13", what: WHAT, why }];
  return [
    ...report(`${CLIENTS} cut off from both nodes`, await cuts()),
    ...report(`a node with all ${CLIENTS} killed`, [await kill()]),
  ];
}

/** The network between clients and nodes breaks, and is there again at once. */
async function cuts(): Promise<Round[]> {
  await using scene = await Scene.set("turn");
  const rounds: Round[] = [];
  for (let i = 0; i < CUTS; i++) rounds.push(await scene.weather(() => scene.storm.survive("cut")));
  return rounds;
}

/** The node that all of them are on dies; those who go on talking are on the other. */
async function kill(): Promise<Round> {
  await using scene = await Scene.set("first");
  return await scene.weather(async () => {
    const survived = scene.storm.survive("lose");
    scene.nodes[0]!.kill("SIGKILL");
    return await survived;
  });
}

/** Two nodes on one Redis, thousands of clients, and those who talk. */
class Scene implements AsyncDisposable {
  readonly #stack: AsyncDisposableStack;

  private constructor(
    stack: AsyncDisposableStack,
    readonly store: RestRedis,
    readonly nodes: readonly Service[],
    readonly storm: Storm,
    readonly groups: readonly Group[],
  ) {
    this.#stack = stack;
  }

  static async set(balance: "turn" | "first"): Promise<Scene> {
    await using stack = new AsyncDisposableStack();
    const store = stack.use(await startRestRedis());
    const nodes = await Promise.all([startNode(store.env), startNode(store.env)]);
    for (const node of nodes) stack.use(node);
    const [first, second] = nodes.map(({ wsUrl }) => wsUrl) as [string, string];
    const talks = balance === "turn"
      ? { "on the first node": [first], "on the second node": [second], across: [first, second] }
      : { "on the other node": [second] };
    const groups: Group[] = [];
    for (const [name, urls] of Object.entries(talks)) {
      const load = stack.use(new Load());
      const tokens = await provisionRooms(nodes[0]!, { rooms: PAIRS, perRoom: 2 });
      await load.connect({
        urls,
        sockets: tokens.map((token) => ({ token })),
        connectRate: CONNECT_RATE,
      });
      groups.push({ name, load });
    }
    const tokens = await provisionRooms(nodes[0]!, {
      rooms: CLIENTS / PER_ROOM,
      perRoom: PER_ROOM,
    });
    const storm = stack.use(new Storm());
    await storm.connect({ urls: [first, second], balance, tokens, connectRate: CONNECT_RATE });
    for (const { load } of groups) await load.send({ rate: SIGNAL_RATE, kind: "sdp", lossy: true });
    await pause(SETTLE_MS);
    return new Scene(stack.move(), store, nodes, storm, groups);
  }

  /** Listens to a calm, then to the storm until all are back. */
  async weather(strike: () => Promise<StormReport>): Promise<Round> {
    const lostBefore = lostIn(await this.#listen());
    await pause(CALM_MS);
    const calm = talksOf(await this.#listen());
    for (const [name, { count }] of Object.entries(calm)) {
      if (count === 0) throw new Error(`Cannot compare with calm: no signal came ${name}`);
    }
    const before = this.#usage();
    const began = performance.now();
    const report = await strike();
    const seconds = (performance.now() - began) / 1000;
    const storm = talksOf(await this.#listen());
    const after = this.#usage();
    await pause(SETTLE_MS);
    const living = Object.keys(after);
    return {
      report,
      calm,
      storm,
      seconds,
      cpu: Object.fromEntries(
        living.map((name) => [name, (after[name]!.cpu - before[name]!.cpu) / seconds]),
      ),
      waited: living.filter((name) => name.includes("node"))
        .map((name) => (after[name]!.waited - before[name]!.waited) / seconds),
      clientsBusy: (after.clients!.busy - before.clients!.busy) / seconds,
      lost: lostIn(await this.#listen()) - lostBefore,
    };
  }

  /** What the groups heard since they were asked last. */
  async #listen(): Promise<Record<string, Delays>> {
    const all = await Promise.all(
      this.groups.map(async ({ name, load }) => [name, await load.delays()] as const),
    );
    return Object.fromEntries(all);
  }

  /** In s, of all processes that live. */
  #usage(): Record<string, Usage> {
    const pids = {
      "first node": this.nodes[0]!.pid,
      "second node": this.nodes[1]!.pid,
      gateway: this.store.pid,
      clients: this.storm.pid,
    };
    return Object.fromEntries(
      Object.entries(pids).flatMap(([name, pid]) => {
        const usage = usageOf(pid);
        return usage ? [[name, usage]] : [];
      }),
    );
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#stack.disposeAsync();
  }
}

/** In s: CPU, and how long the main thread waited for some, and ran or waited. */
interface Usage {
  readonly cpu: number;
  readonly waited: number;
  readonly busy: number;
}

function usageOf(pid: number): Usage | undefined {
  try {
    const { ran, waited } = mainThread(pid);
    return { cpu: cpuSeconds(pid), waited, busy: ran + waited };
  } catch (error) {
    // It was killed.
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

function talksOf(heard: Record<string, Delays>): Record<string, Talk> {
  return Object.fromEntries(
    Object.entries(heard).map(([name, { delayMs, lagMs }]) => {
      // Who hears nothing waits for ever.
      const p99 = delayMs.length > 0 ? percentile(delayMs, 0.99) : Infinity;
      return [name, { p99, count: delayMs.length, lagP99: percentile(lagMs, 0.99) }];
    }),
  );
}

function lostIn(heard: Record<string, Delays>): number {
  return Object.values(heard).reduce((sum, { sent, received }) => sum + sent - received, 0);
}

function report(what: string, rounds: Round[]): Figure[] {
  const list = (values: number[]) => values.map(rounded).join(", ");
  const attempts = rounds.map(({ report }) =>
    report.attempts.reduce((sum, n) => sum + n, 0) / report.attempts.length
  );
  const back = rounds.map(({ report }) => Math.max(...report.backMs) / 1000);
  const gaveUp = list(rounds.map(({ report }) => report.gaveUp));
  const waited = rounds.flatMap(({ waited }) => waited).map((share) => Math.round(share * 100));
  const failures = rounds.map(({ report }) => JSON.stringify(report.failures)).join(" ");
  const clients = rounds.map(({ clientsBusy }) => Math.round(100 * clientsBusy)).join(", ");
  const limit = `they ran or waited for a processor ${clients} % of the time${
    rounds.some(({ clientsBusy }) => clientsBusy > BUSY) ? ", and were the limit themselves" : ""
  }`;
  const cpu = Object.keys(rounds[0]!.cpu).map((name) =>
    `${name} ${rounds.map((round) => Math.round(round.cpu[name]! * 100)).join(", ")} %`
  ).join("; ");
  const worst = rounds.map(({ calm, storm }) =>
    Object.keys(calm).map((name) => ({
      name,
      calm: calm[name]!,
      storm: storm[name]!,
      times: storm[name]!.p99 / calm[name]!.p99,
    })).toSorted((a, b) => b.times - a.times)[0]!
  );
  return [
    {
      kind: "measured",
      target: "T13",
      what: `${what}: attempts per client`,
      value: median(attempts),
      unit: "",
      bound: { is: "at most", value: ATTEMPTS },
      note: `median of ${rounds.length}: ${list(attempts)}; all back after ${
        list(back)
      } s, half after ${
        list(rounds.map(({ report }) => median(report.backMs) / 1000))
      } s; ended without a welcome, by close code: ${failures}; CPU of a core: ${cpu}; ${limit} (own timers late by p99 ${
        list(rounds.map(({ report }) => report.lagMs.p99))
      } ms)`,
      samples: rounds.map(({ report: { attempts, backMs, ...report }, ...round }) => ({
        ...round,
        ...report,
        // How many clients needed so many.
        attempts: Object.fromEntries(
          Map.groupBy(attempts, (n) => n).entries().map(([n, clients]) => [n, clients.length]),
        ),
        backMs: spread(backMs),
      })),
    },
    {
      kind: "measured",
      target: "T13",
      what: `  ${what}: p99 of others' signals, to that in calm`,
      value: median(worst.map(({ times }) => times)),
      unit: "x",
      bound: { is: "at most", value: TIMES_CALM },
      note:
        worst.map(({ name, calm, storm }) =>
          `${name} ${rounded(storm.p99)} ms (${storm.count} signals, own timers late by p99 ${
            rounded(storm.lagP99)
          } ms) against ${rounded(calm.p99)} ms (${calm.count}, ${rounded(calm.lagP99)} ms)`
        ).join("; ") +
        `; lost on the way, for the endpoints to repeat, beside those under way at the time of counting: ${
          list(rounds.map(({ lost }) => Math.max(0, lost)))
        }; ` +
        `the nodes were ready to run and waited for a CPU ${waited.join(", ")} % of the time`,
    },
    {
      kind: "measured",
      target: "T13",
      what: `  ${what}: clients that gave up, of all storms`,
      value: rounds.reduce((sum, { report }) => sum + report.gaveUp, 0),
      unit: "",
      bound: { is: "at most", value: 0 },
      note: `each ${gaveUp}; came back as somebody new: ${
        list(rounds.map(({ report }) => report.renamed))
      }`,
    },
  ];
}
