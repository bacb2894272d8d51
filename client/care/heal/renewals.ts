/**
 * Renewals: what goes by credentials of TURN servers that end soon is made anew beside it, once there are newer ones.
 *
 * @module
 */
import type { IceServer } from "../../../lib/protocol.ts";
import type { ParticipantStats } from "../../api.ts";
import type { Attempt } from "../../attempt.ts";
import type { Clock } from "../../clock.ts";
import type { Transport } from "../../transport.ts";
import type { Way } from "../../way.ts";
import { endsSoon, type Issued, issued } from "./credentials.ts";

/** The call, as it is renewed. */
export interface RenewedCall {
  readonly way: Pick<Way, "mode" | "epoch">;
  readonly mesh: {
    readonly pairs: ReadonlyMap<
      string,
      { readonly shown?: Pick<Attempt, "pc">; refresh(which: "all"): void }
    >;
    readonly iceServers: IceServer[];
  };
  readonly transport: Pick<Transport, "refresh">;
}

export class Renewals {
  readonly #call: RenewedCall;
  readonly #now: Clock;
  #issued: Issued | undefined;
  /** What servers there were when the way that media takes was new, or renewed. */
  #used: { epoch: number; servers: IceServer[] };
  /** Those in whose place others have been made, or will be. */
  readonly #renewed = new WeakSet<Pick<Attempt, "pc">>();

  constructor(call: RenewedCall, now: Clock) {
    this.#call = call;
    this.#now = now;
    this.#used = { epoch: call.way.epoch, servers: call.mesh.iceServers };
  }

  /** Takes in what the node has just issued. */
  issued(frame: Parameters<typeof issued>[0]): void {
    this.#issued = issued(frame, this.#now());
  }

  /** Takes in what was measured: by which connections media goes through TURN. */
  measured(stats: Readonly<Record<string, ParticipantStats>>): void {
    const { way: { epoch, mode }, mesh } = this.#call;
    if (this.#used.epoch !== epoch) this.#used = { epoch, servers: mesh.iceServers };
    const relayed = Object.keys(stats).filter((id) => stats[id]!.localCandidateType === "relay");
    if (mode === "mesh") return this.#renewPairs(relayed);
    if (relayed.length === 0 || !this.#endSoon(this.#used.servers)) return;
    this.#used = { epoch, servers: mesh.iceServers };
    this.#call.transport.refresh("all");
  }

  #renewPairs(relayed: readonly string[]): void {
    for (const id of relayed) {
      const pair = this.#call.mesh.pairs.get(id);
      const shown = pair?.shown;
      if (shown === undefined || this.#renewed.has(shown)) continue;
      if (!this.#endSoon(shown.pc.getConfiguration().iceServers ?? [])) continue;
      this.#renewed.add(shown);
      pair!.refresh("all");
    }
  }

  #endSoon(servers: readonly Pick<RTCIceServer, "username">[]): boolean {
    return this.#issued !== undefined && endsSoon(servers, this.#issued, this.#now());
  }
}
