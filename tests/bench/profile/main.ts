/**
 * `deno run -A tests/bench/profile/main.ts [seconds]`: where a node's time and memory go while it relays signals, and
 * while it lets people in; beside it a bare relay under the same signals. Prints Markdown tables; those that were
 * reviewed last are in docs/bench/profile.md.
 *
 * @module
 */
import { rounded } from "../report/figure.ts";
import type { Who } from "../load/load_protocol.ts";
import { provisionRooms, startNode, UNLIMITED } from "../servers/node.ts";
import { ids } from "../servers/pairs.ts";
import { endChildrenWithThis } from "../system/cleanup.ts";
import { cpuSeconds, pause } from "../system/proc.ts";
import { Load } from "../load/process.ts";
import { type Cost, freePort, Inspector, startInspected } from "./inspector.ts";

const PAIRS = 60;
/** Signals of 2 KB a second: what a relay does with a quarter of a core. */
const SIGNAL_RATE = 5_000;
const JOIN_RATE = 300;
const PER_ROOM = 4;
const WARM_UP_MS = 4_000;
const TOP = 22;

/** What is profiled: a process, and something to do for it. */
interface Subject {
  readonly pid: number;
  readonly inspector: Inspector;
  /** How often something was done while `seconds` went by. */
  work(seconds: number): Promise<number>;
}

if (import.meta.main) await main(Number(Deno.args[0] ?? 8));

async function main(seconds: number): Promise<void> {
  endChildrenWithThis();
  await profileBareRelay(seconds);
  await profileSignals(seconds);
  await profileJoins(seconds);
}

async function profileBareRelay(seconds: number): Promise<void> {
  const bare = new URL("../servers/bare_relay.ts", import.meta.url).pathname;
  await using relay = await startInspected([bare, "forward"]);
  const { url } = JSON.parse(relay.firstLine);
  const sockets = ids(2 * PAIRS);
  await relaying("A signal, by a bare relay", { ...relay, url, sockets }, seconds);
}

async function profileSignals(seconds: number): Promise<void> {
  const port = freePort();
  await using node = await startNode(UNLIMITED, [`--inspect=127.0.0.1:${port}`]);
  using inspector = await Inspector.open(port);
  const tokens = await provisionRooms(node, { rooms: PAIRS, perRoom: 2 });
  const sockets = tokens.map((token) => ({ token }));
  await relaying("A signal", { pid: node.pid, url: node.wsUrl, inspector, sockets }, seconds);
}

async function relaying(
  what: string,
  { pid, url, inspector, sockets }: {
    pid: number;
    url: string;
    inspector: Inspector;
    sockets: Who[];
  },
  seconds: number,
): Promise<void> {
  await using load = new Load();
  await load.connect({ urls: [url], sockets, connectRate: 200 });
  await load.send({ rate: SIGNAL_RATE, kind: "sdp" });
  await pause(WARM_UP_MS);
  const work = async (seconds: number) => {
    const { received } = await load.sample();
    await pause(seconds * 1000);
    return (await load.sample()).received - received;
  };
  await profile(what, { pid, inspector, work }, seconds);
}

async function profileJoins(seconds: number): Promise<void> {
  const port = freePort();
  await using node = await startNode({}, [`--inspect=127.0.0.1:${port}`]);
  using inspector = await Inspector.open(port);
  const work = async (seconds: number) => {
    const rooms = Math.ceil(seconds * JOIN_RATE / PER_ROOM);
    const tokens = await provisionRooms(node, { rooms, perRoom: PER_ROOM });
    return async () => {
      await using load = new Load();
      const sockets = tokens.map((token) => ({ token }));
      await load.connect({ urls: [node.wsUrl], sockets, connectRate: JOIN_RATE });
      return tokens.length;
    };
  };
  await (await work(WARM_UP_MS / 1000))();
  const [first, second, third] = [await work(seconds), await work(seconds), await work(seconds)];
  const turns = [first, second, third];
  await profile("A join (and the end of its socket)", {
    pid: node.pid,
    inspector,
    work: () => turns.shift()!(),
  }, seconds);
}

/** In three turns, because each way of looking costs something itself. */
async function profile(what: string, subject: Subject, seconds: number): Promise<void> {
  const { pid, inspector, work } = subject;
  const before = cpuSeconds(pid);
  const times = await work(seconds);
  const each = (cpuSeconds(pid) - before) * 1e6 / times;
  let counted = 0;
  const counting = async () => counted = await work(seconds);
  const cpu = await inspector.cpu(counting);
  const ofCpu = counted;
  const bytes = await inspector.allocations(counting);
  console.log(`\n## ${what}\n\n${rounded(each)} µs of CPU, of ${times} while nothing looked on.\n`);
  console.log(table("µs of the main thread each", cpu.filter(isBusy), ofCpu));
  console.log(`\n${table("bytes allocated each", bytes, counted)}`);
}

function isBusy({ where }: Cost): boolean {
  return where !== "(idle)";
}

function table(unit: string, costs: readonly Cost[], times: number): string {
  const sum = costs.reduce((sum, { self }) => sum + self, 0);
  const row = (where: string, self: number) =>
    `| ${where} | ${rounded(self / times)} | ${rounded(self * 100 / sum)} |`;
  return [
    `| function | ${unit} | % |`,
    "|---|--:|--:|",
    row("all", sum),
    ...costs.slice(0, TOP).map(({ where, self }) => row(where, self)),
  ].join("\n");
}
