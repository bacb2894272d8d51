import type { IceCandidate, Layer } from "../../protocol.ts";
import type { SfuSession } from "../mod.ts";
import type { Ask } from "./wire.ts";

/** What a session needs of the one who speaks with the worker. */
export interface Hold {
  ask(ask: (session: number) => Ask): Promise<string | undefined>;
  leave(op: "end" | "release"): Promise<void>;
}

/** A session in the worker, as the node uses it. */
export class WorkerSession implements SfuSession {
  readonly #hold: Hold;

  constructor(readonly ticket: string, hold: Hold) {
    this.#hold = hold;
  }

  async publish(sdp: string): Promise<string> {
    return await this.#hold.ask((session) => ({ op: "publish", session, sdp })) ?? "";
  }

  async answer(number: number, sdp: string): Promise<void> {
    await this.#hold.ask((session) => ({ op: "answer", session, number, sdp }));
  }

  async candidate(
    of: "publish" | "subscribe",
    candidate: IceCandidate | null,
  ): Promise<void> {
    await this.#hold.ask((session) => ({ op: "candidate", session, of, candidate }));
  }

  async layers(wanted: Readonly<Record<string, Layer>>): Promise<void> {
    await this.#hold.ask((session) => ({ op: "layers", session, layers: wanted }));
  }

  async resubscribe(): Promise<void> {
    await this.#hold.ask((session) => ({ op: "resubscribe", session }));
  }

  async close(): Promise<void> {
    await this.#hold.leave("end");
  }

  release(): void {
    this.#hold.leave("release");
  }
}
