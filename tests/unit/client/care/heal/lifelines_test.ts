import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { Lifelines } from "../../../../../client/care/heal/lifelines.ts";
import { LIFELINES } from "../../../../../client/care/heal/policy.ts";
import { becomes } from "../../../../helpers/becomes.ts";

/** A connection that gathers at once, and stands when both ends have taken their descriptions as their own. */
class Connection extends EventTarget {
  connectionState = "new";
  iceGatheringState = "new";
  localDescription: { sdp: string } | undefined;
  readonly channel = {};
  readonly candidates: string[] = [];
  isRemoteSet = false;

  constructor(readonly owner: string) {
    super();
  }

  createDataChannel() {
    return this.channel;
  }

  setLocalDescription(description?: { sdp: string }): Promise<void> {
    this.localDescription = description ??
      { sdp: "a=candidate:2 1 udp 1 198.51.100.1 49233 typ relay raddr :: rport 0" };
    this.iceGatheringState = "complete";
    queueMicrotask(() => this.dispatchEvent(new Event("icegatheringstatechange")));
    return Promise.resolve();
  }

  setRemoteDescription(): Promise<void> {
    this.isRemoteSet = true;
    return Promise.resolve();
  }

  createAnswer() {
    return Promise.resolve({ type: "answer", sdp: "answer" });
  }

  addIceCandidate({ candidate }: { candidate: string }): Promise<void> {
    this.candidates.push(candidate);
    return Promise.resolve();
  }

  close(): void {
    this.connectionState = "closed";
  }
}

/** A guardian and its ward, each of which is also the other's. */
function two() {
  const made: Connection[] = [];
  const ends = new Map<string, Lifelines>();
  const state = { connected: true, mayTake: true, now: 0, random: 0 };
  for (const self of ["a", "b"] as const) {
    ends.set(
      self,
      new Lifelines({
        self,
        connect: () => {
          const connection = new Connection(self);
          made.push(connection);
          return connection as unknown as RTCPeerConnection;
        },
        send: (to, frame) => {
          ends.get(to)!.handle(self, frame, { others: [self], now: state.now });
          return true;
        },
        add: () => {},
        isFresh: () => true,
        isConnected: () => state.connected,
        descriptions: () => [],
        mayTake: () => state.mayTake,
      }, () => state.random),
    );
  }
  const open = (owner: string) =>
    made.filter((one) => one.owner === owner && one.connectionState !== "closed");
  return {
    made,
    open,
    state,
    tend: (self: "a" | "b", now: number, cut = false) => {
      state.now = now;
      ends.get(self)!.tend([self === "a" ? "b" : "a"], now, cut);
    },
    end: (self: string) => ends.get(self)!,
  };
}

describe("Lifelines", () => {
  it("are given while all is well, and gather nothing at the ward", async () => {
    const { made, tend } = two();
    tend("a", 0);
    tend("a", LIFELINES.firstAfterMs);
    await becomes(() => made.map(({ isRemoteSet }) => isRemoteSet), [true, true]);
    const [given, held] = made;
    await becomes(() => given!.candidates.length, 1);
    assert(given!.candidates[0]!.includes("198.51.100.1 49152 typ relay"), "opens its TURN server");
    assertEquals(held!.iceGatheringState, "new");
    tend("a", LIFELINES.renewMs / 2);
    assertEquals(made.length, 2, "one is enough");
  });

  it("are pulled when nothing else is left", async () => {
    const { made, tend } = two();
    tend("a", 0);
    tend("a", LIFELINES.firstAfterMs);
    await becomes(() => made[0]?.candidates.length, 1);
    tend("b", 1, true);
    const held = made.find(({ owner, localDescription }) =>
      owner === "b" && localDescription?.sdp === "answer"
    );
    assert(held !== undefined);
  });

  it("are renewed, and again where one has been used", async () => {
    const { made, open, tend } = two();
    tend("a", 0);
    tend("a", LIFELINES.firstAfterMs);
    await becomes(() => made[0]?.candidates.length, 1);
    tend("a", 2 * LIFELINES.renewMs);
    await becomes(() => open("a").map(({ candidates }) => candidates.length), [1]);
    assertEquals(made[0]!.connectionState, "closed");
    const [used] = open("a");
    used!.connectionState = "connected";
    tend("a", 2 * LIFELINES.renewMs + 1);
    await becomes(() => open("a").length, 2);
    assertEquals(used!.connectionState, "connected", "somebody hangs by it");
    tend("a", 2 * LIFELINES.renewMs + 1 + LIFELINES.pulledMs);
    assertEquals(used!.connectionState, "closed", "the connection that carries media stands");
  });

  it("are each renewed a little earlier, so that not all are at once", async () => {
    const { made, state, tend } = two();
    state.random = 0.5;
    tend("a", 0);
    tend("a", LIFELINES.firstAfterMs);
    await becomes(() => made[0]?.candidates.length, 1);
    const { firstAfterMs, againMs, renewMs, renewSpread } = LIFELINES;
    const renewAt = firstAfterMs + againMs + renewMs * (1 - renewSpread / 2);
    tend("a", renewAt - 1);
    assertEquals(made.length, 2);
    tend("a", renewAt);
    assertEquals(made.length, 3);
  });

  it("are held as long as nothing else stands", async () => {
    const { made, state, tend } = two();
    tend("a", 0);
    tend("a", LIFELINES.firstAfterMs);
    await becomes(() => made[0]?.candidates.length, 1);
    state.connected = false;
    tend("b", 1, true);
    const held = made.find(({ localDescription }) => localDescription?.sdp === "answer")!;
    held.connectionState = "connected";
    tend("b", 1 + LIFELINES.pulledMs);
    assertEquals(held.connectionState, "connected");
    state.connected = true;
    tend("b", 2 + LIFELINES.pulledMs);
    assertEquals(held.connectionState, "closed");
  });

  it("are let go when the two need none any more", async () => {
    const { made, open, end, tend } = two();
    tend("a", 0);
    tend("a", LIFELINES.firstAfterMs);
    await becomes(() => made[0]?.candidates.length, 1);
    assertEquals([open("a").length, open("b").length], [1, 1]);
    end("a").tend([], LIFELINES.firstAfterMs + 1, false);
    end("b").tend([], LIFELINES.firstAfterMs + 1, false);
    assertEquals([open("a").length, open("b").length], [0, 0]);
  });

  it("wait until the call has settled", () => {
    const { made, tend } = two();
    tend("a", 0);
    tend("a", LIFELINES.firstAfterMs - 1);
    assertEquals(made.length, 0);
  });

  it("are taken of one only so often", async () => {
    const { made, end } = two();
    for (let number = 0; number < 20; number++) {
      const offer = { type: "lifeline", number, sdp: "x" } as const;
      await end("b").handle("a", offer, { others: ["a"], now: 0 });
    }
    assertEquals(made.length, LIFELINES.takenBurst);
  });

  it("take no description that would not be encrypted, nor one of who is no guardian", async () => {
    const { made, state, end } = two();
    state.mayTake = false;
    await end("b").handle("a", { type: "lifeline", number: 1, sdp: "x" }, {
      others: ["a"],
      now: 0,
    });
    state.mayTake = true;
    await end("b").handle("z", { type: "lifeline", number: 1, sdp: "x" }, {
      others: ["a"],
      now: 0,
    });
    assertEquals(made, []);
  });
});
