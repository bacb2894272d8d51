/**
 * What V8 says of a process that runs with `--inspect`, by the Chrome DevTools Protocol.
 *
 * @module
 */
import { linesOf } from "../../helpers/lines.ts";

/** One function of a profile, and what it cost by itself. */
export interface Cost {
  /** Name, file and line. */
  readonly where: string;
  /** µs of CPU, or bytes allocated. */
  readonly self: number;
}

interface Frame {
  functionName: string;
  url: string;
  lineNumber: number;
}

interface CpuProfile {
  nodes: { id: number; callFrame: Frame }[];
  samples: number[];
  timeDeltas: number[];
}

interface AllocationNode {
  callFrame: Frame;
  selfSize: number;
  children: AllocationNode[];
}

const CPU_INTERVAL_US = 200;
const ALLOCATION_INTERVAL_BYTES = 8_192;

/** A connection to an inspector. */
export class Inspector implements Disposable {
  readonly #socket: WebSocket;
  readonly #answers = new Map<number, (result: unknown) => void>();
  #count = 0;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.onmessage = ({ data }) => {
      const { id, result } = JSON.parse(data);
      this.#answers.get(id)?.(result);
      this.#answers.delete(id);
    };
  }

  /** `port`: where the process's inspector listens. */
  static async open(port: number): Promise<Inspector> {
    const origin = `http://127.0.0.1:${port}`;
    const [target] = await (await fetch(`${origin}/json/list`)).json();
    const socket = new WebSocket(target.webSocketDebuggerUrl);
    await new Promise<void>((resolve, reject) => {
      socket.onopen = () => resolve();
      socket.onerror = () => reject(new Error(`Cannot open the inspector at ${origin}`));
    });
    return new Inspector(socket);
  }

  /** CPU time while `work` runs, the most costly function first. What the system did is told as `(program)`. */
  async cpu(work: () => Promise<unknown>): Promise<Cost[]> {
    await this.#ask("Profiler.enable");
    await this.#ask("Profiler.setSamplingInterval", { interval: CPU_INTERVAL_US });
    await this.#ask("Profiler.start");
    await work();
    const { profile } = await this.#ask("Profiler.stop") as { profile: CpuProfile };
    const frames = new Map(profile.nodes.map(({ id, callFrame }) => [id, callFrame]));
    return costs(profile.samples.map((id, i) => [frames.get(id)!, profile.timeDeltas[i]!]));
  }

  /** What is allocated while `work` runs, also what is collected meanwhile. */
  async allocations(work: () => Promise<unknown>): Promise<Cost[]> {
    await this.#ask("HeapProfiler.startSampling", {
      samplingInterval: ALLOCATION_INTERVAL_BYTES,
      includeObjectsCollectedByMajorGC: true,
      includeObjectsCollectedByMinorGC: true,
    });
    await work();
    const { profile } = await this.#ask("HeapProfiler.stopSampling") as {
      profile: { head: AllocationNode };
    };
    return costs(flat(profile.head).map(({ callFrame, selfSize }) => [callFrame, selfSize]));
  }

  [Symbol.dispose](): void {
    this.#socket.close();
  }

  #ask(method: string, params: unknown = {}): Promise<unknown> {
    const id = ++this.#count;
    const answer = new Promise((resolve) => this.#answers.set(id, resolve));
    this.#socket.send(JSON.stringify({ id, method, params }));
    return answer;
  }
}

/** A port that is free now. */
export function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

/** A script that can be looked into. */
export interface Inspected extends AsyncDisposable {
  readonly pid: number;
  readonly inspector: Inspector;
  /** What it printed first. */
  readonly firstLine: string;
}

/** Runs a script, and waits for its first line. */
export async function startInspected(args: string[]): Promise<Inspected> {
  const port = freePort();
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", `--inspect=127.0.0.1:${port}`, ...args],
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const lines = linesOf(child.stdout);
  const { value: firstLine = "" } = await lines.next();
  const inspector = await Inspector.open(port);
  return {
    pid: child.pid,
    inspector,
    firstLine,
    async [Symbol.asyncDispose]() {
      inspector[Symbol.dispose]();
      child.kill("SIGKILL");
      await child.status;
      await lines.return(undefined);
    },
  };
}

function flat(node: AllocationNode): AllocationNode[] {
  return [node, ...node.children.flatMap(flat)];
}

function costs(all: [Frame, number][]): Cost[] {
  const sums = new Map<string, number>();
  for (const [frame, cost] of all) {
    const where = nameOf(frame);
    sums.set(where, (sums.get(where) ?? 0) + cost);
  }
  // What it costs to be looked at is no cost of the node's.
  const own = [...sums].filter(([where]) => !/inspector|^emit|ext:core\/01_core/.test(where));
  return own.map(([where, self]) => ({ where, self })).toSorted((a, b) => b.self - a.self);
}

/** Such as `readFrame lib/frame.ts:34`. */
function nameOf({ functionName, url, lineNumber }: Frame): string {
  const root = new URL("../../../", import.meta.url).href;
  const packages = url.lastIndexOf("/node_modules/");
  const file = packages >= 0 ? url.slice(packages + 14) : url.replace(root, "");
  return `${functionName || "(anonymous)"}${file ? ` ${file}:${lineNumber + 1}` : ""}`;
}
