import { IPROUTE2 } from "../../../tools/test/requirements.ts";
import { linesOf } from "../../helpers/lines.ts";
import { CLEAR, impair, type Impairment } from "./impairment.ts";
import { programOf } from "../namespace.ts";
import type { Counters } from "./link.ts";
import type { Reply, Request } from "./process.ts";
import type { TapAddress } from "./tap.ts";
import type { Direction } from "./wire.ts";

/** The wires of a lab, as the test sees them. `await using` ends them all. */
export class Wires implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #requests: WritableStreamDefaultWriter<Uint8Array>;
  readonly #replies: AsyncGenerator<string>;
  /** One question after the other. */
  #last: Promise<unknown> = Promise.resolve();

  private constructor(child: Deno.ChildProcess) {
    this.#child = child;
    this.#requests = child.stdin.getWriter();
    this.#replies = linesOf(child.stdout);
  }

  /**
   * Starts the process that forwards. When this one is gone without an end to its wires, it removes all namespaces whose
   * names begin with `prefix`.
   */
  static async start(prefix: string): Promise<Wires> {
    const program = new URL("process.ts", import.meta.url).pathname;
    return new Wires(
      new Deno.Command(Deno.execPath(), {
        args: ["run", "-A", "--no-prompt", program, await programOf(IPROUTE2), prefix],
        stdin: "piped",
        stdout: "piped",
        stderr: "inherit",
      }).spawn(),
    );
  }

  /** Makes a wire; one of this name that is there already is replaced. */
  async open(wire: string, host: TapAddress, network: TapAddress): Promise<void> {
    await this.#ask({ do: "open", wire, host, network });
  }

  /** Takes a wire away, with the devices at both ends. */
  async close(wire: string): Promise<void> {
    await this.#ask({ do: "close", wire });
  }

  /** Changes one direction; what is not named stays as it is. @throws {RangeError} (rejects) for what cannot be. */
  async impair(wire: string, direction: Direction, changes: Partial<Impairment>): Promise<void> {
    impair(CLEAR, changes);
    await this.#ask({ do: "impair", wire, direction, changes });
  }

  /** What has gone each way since the wire was made. */
  async counters(wire: string): Promise<Record<Direction, Counters>> {
    return (await this.#ask({ do: "count", wire })).counters!;
  }

  #ask(request: Request): Promise<Reply & { ok: true }> {
    const asked = this.#last.then(async () => {
      await this.#requests.write(new TextEncoder().encode(JSON.stringify(request) + "\n"));
      const { value } = await this.#replies.next();
      const reply: Reply = value === undefined
        ? { ok: false, error: "the process of the wires has ended" }
        : JSON.parse(value);
      if (reply.ok) return reply;
      throw new Error(`Cannot ${request.do} the wire ${request.wire}: ${reply.error}`);
    });
    this.#last = asked.catch(() => {});
    return asked;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#last;
    await this.#requests.close().catch(() => {});
    while (!(await this.#replies.next()).done);
    await this.#child.status;
  }
}
