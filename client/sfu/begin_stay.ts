/**
 * Begins a call's stay at an SFU: with what its paths are made.
 *
 * @module
 */
import type { Grant } from "../../lib/protocol.ts";
import type { DialSfu, History } from "./path.ts";
import type { Path } from "./seat.ts";
import type { Seats } from "./seats.ts";
import { Stay } from "./stay.ts";
import type { SwitchedCall, SwitchedMesh, Tools } from "./switched.ts";

export interface StayPort {
  readonly call: SwitchedCall;
  readonly mesh: SwitchedMesh;
  readonly tools: Tools;
  readonly seats: Seats;
  /** How each kind of grant is used. */
  readonly dial: Record<Grant["kind"], DialSfu>;
  /** By epoch: which path was begun last, and may ask. */
  readonly newest: Map<number, object>;
  /** A path has been begun, beside those before it. */
  begun(path: Path): void;
  /** What a path is, or what comes by it, has changed. */
  changed(): void;
  /** There is something to do. */
  tend(): void;
}

export function beginStay(
  port: StayPort,
  { epoch, grant }: { epoch: number; grant: Grant },
  now: number,
): Stay {
  const { call, mesh, tools, seats, dial, newest } = port;
  const { self: { permissions: { publish, subscribe } }, signaling } = call;
  const history: History = { offered: new Set(), asked: [] };
  return new Stay({
    epoch,
    dial: (begin, ticket, stay) => {
      const me = {};
      const isNewest = () => newest.get(epoch) === me;
      newest.set(epoch, me);
      return dial[grant.kind]({
        begin,
        ticket,
        publish,
        subscribe,
        iceServers: mesh.iceServers,
        get tracks() {
          return mesh.firstTracks;
        },
        history,
        offering: tools.offerCaptureTimes,
        // All connections of a stay are of one session, in which only the newest have a say.
        ask: (data) => isNewest() && signaling.send({ type: "sfu", epoch, data }),
        check: (sdp) => {
          const error = tools.refusal("the SFU", sdp);
          if (error === undefined) return;
          mesh.events.warning(error);
          throw error;
        },
        changed: () => port.changed(),
        renew: (how) => {
          if (isNewest()) stay.renew(how, tools.now());
          port.tend();
        },
      });
    },
    begun: (path) => port.begun(path),
    told: (state) => call.report({ sfu: { epoch, state } }),
    isOnline: () => call.state === "connected",
    seats,
    retryDelay: tools.retryDelay,
  }, now);
}
