/**
 * The bench's own processes: the bare relay, the load program and the storm.
 *
 * @module
 */
import { linesOf } from "../../helpers/lines.ts";
import type { Delays, Job, Order, Ready, Sample, VisitOrder, Visits } from "./load_protocol.ts";
import type { StormJob, StormOrder, StormReport } from "./storm_protocol.ts";

/** A script of this folder as a process; it answers one line of JSON to each line. */
class Script implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #lines: AsyncGenerator<string>;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;

  constructor(private readonly file: string, args: string[] = []) {
    this.#child = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--no-prompt", new URL(file, import.meta.url).pathname, ...args],
      stdin: "piped",
      stdout: "piped",
    }).spawn();
    this.#lines = linesOf(this.#child.stdout);
    this.#writer = this.#child.stdin.getWriter();
  }

  get pid(): number {
    return this.#child.pid;
  }

  /** The next line that it prints. @throws {Error} when it has ended instead. */
  async hear(): Promise<unknown> {
    const line = await this.#lines.next();
    if (line.done) {
      throw new Error(`Cannot hear ${this.file}: it ended; the output of the bench says why`);
    }
    return JSON.parse(line.value);
  }

  async say(what: unknown): Promise<unknown> {
    const [answer] = await Promise.all([
      this.hear(),
      this.#writer.write(new TextEncoder().encode(`${JSON.stringify(what)}\n`)),
    ]);
    return answer;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.#child.kill("SIGKILL");
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
    }
    await this.#child.status;
    await this.#writer.abort().catch(() => {});
    await this.#lines.return(undefined);
  }
}

export interface BareRelay extends AsyncDisposable {
  readonly pid: number;
  /** WebSocket URL. */
  readonly url: string;
}

/** `idleTimeout` of a socket, in s: as the service has it, which is the cheaper, and what Deno takes by itself. */
export const IDLE_TIMEOUT = { none: 0, default: 30 } as const;

/** Starts bare_relay.ts. */
export async function startBareRelay(
  mode: "forward" | "named",
  idleTimeout: number = IDLE_TIMEOUT.none,
): Promise<BareRelay> {
  const script = new Script("../servers/bare_relay.ts", [mode, String(idleTimeout)]);
  const { url } = await script.hear() as { url: string };
  return { pid: script.pid, url, [Symbol.asyncDispose]: () => script[Symbol.asyncDispose]() };
}

/** The load program. */
export class Load implements AsyncDisposable {
  readonly #script = new Script("load.ts");

  get pid(): number {
    return this.#script.pid;
  }

  /** Opens sockets, beside those that it has. */
  async connect(job: Omit<Job, "order">): Promise<Ready> {
    return await this.#order({ order: "connect", ...job }) as Ready;
  }

  /** Has people come and go; resolves when the last one is gone. */
  async visit(order: Omit<VisitOrder, "order">): Promise<Visits> {
    return await this.#order({ order: "visit", ...order }) as Visits;
  }

  async send(order: Omit<Extract<Order, { order: "send" }>, "order">): Promise<void> {
    await this.#order({ order: "send", ...order });
  }

  async sample(): Promise<Sample> {
    return await this.#order({ order: "sample" }) as Sample;
  }

  /** Of every signal since the last sample. */
  async delays(): Promise<Delays> {
    return await this.#order({ order: "delays" }) as Delays;
  }

  async leave(): Promise<void> {
    await this.#order({ order: "leave" });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#script[Symbol.asyncDispose]();
  }

  #order(order: Order): Promise<unknown> {
    return this.#script.say(order);
  }
}

/** Thousands of clients. */
export class Storm implements AsyncDisposable {
  readonly #script = new Script("storm.ts");

  get pid(): number {
    return this.#script.pid;
  }

  /** Resolves when all have joined. Once per storm. */
  async connect(job: StormJob): Promise<void> {
    await this.#script.say(job);
  }

  /** Resolves when all have lost their connections and are back. */
  async survive(order: StormOrder["order"]): Promise<StormReport> {
    return await this.#script.say({ order } satisfies StormOrder) as StormReport;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#script[Symbol.asyncDispose]();
  }
}
