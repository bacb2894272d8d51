/**
 * Does to a cluster what the schedule says, and keeps account of it.
 *
 * @module
 */
import { assertNever } from "../../lib/assert_never.ts";
import type { Cluster } from "../helpers/cluster.ts";
import type { ServerProcess } from "../helpers/server_process.ts";
import { pause } from "./pause.ts";
import { type Fault, faultText, type Planned } from "./schedule.ts";

/** A fault that has happened; times in ms since 1970, `to` is `Infinity` while it goes on. */
export interface Happened {
  fault: Fault;
  from: number;
  to: number;
}

export interface InjectorOptions {
  cluster: Cluster;
  /** Absent where Redis is the bus. */
  bus: ServerProcess | undefined;
  say(line: string): void;
}

export class Injector {
  readonly history: Happened[] = [];
  /** What nodes printed that are no more. */
  readonly printed: string[][];
  readonly #options: InjectorOptions;

  constructor(options: InjectorOptions) {
    this.#options = options;
    this.printed = options.cluster.nodes.map(() => []);
  }

  /** When the last fault ended, in ms since 1970. */
  get lastEnd(): number {
    return Math.max(...this.history.map(({ to }) => to));
  }

  /** Runs a track of faults until `end`, in ms since 1970; the last one is waited for. */
  async run(track: Iterable<Planned>, end: number): Promise<void> {
    for (const { waitMs, fault } of track) {
      if (Date.now() + waitMs >= end) return;
      await pause(waitMs);
      const happened = { fault, from: Date.now(), to: Infinity };
      this.history.push(happened);
      this.#options.say(`${new Date().toISOString().slice(11, 23)} ${faultText(fault)}`);
      await this.#inject(fault);
      happened.to = Date.now();
    }
  }

  async #inject(fault: Fault): Promise<void> {
    const { cluster: { nodes, redis }, bus } = this.#options;
    switch (fault.kind) {
      case "kill":
      case "drain": {
        const node = nodes[fault.node]!;
        node.service.kill(fault.kind === "kill" ? "SIGKILL" : "SIGINT");
        await node.service.exited;
        this.printed[fault.node]!.push(...node.service.logs);
        await pause(fault.downMs);
        return await node.start();
      }
      case "freeze": {
        const { service } = nodes[fault.node]!;
        service.kill("SIGSTOP");
        await pause(fault.forMs);
        return service.kill("SIGCONT");
      }
      case "restart":
        await redis.server.kill();
        await pause(fault.downMs);
        return await redis.server.start();
      case "bus":
        await bus!.kill();
        await pause(fault.downMs);
        return await bus!.start();
      case "flush":
        return void await redis.server.call("FLUSHALL");
      case "stall":
        redis.server.pause();
        await pause(fault.forMs);
        return redis.server.resume();
      case "gate": {
        const { faults } = nodes[fault.node]!.redis;
        faults.set(fault.fault);
        await pause(fault.forMs);
        return faults.set({ kind: "none" });
      }
      case "streams": {
        const { faults } = nodes[fault.node]!.redis;
        return fault.how === "end" ? faults.endStreams() : faults.muteStreams();
      }
      default:
        return assertNever(fault);
    }
  }
}
