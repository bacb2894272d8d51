import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { POLICY } from "../../../lib/policy.ts";
import type { Measured } from "../../../lib/protocol.ts";
import { reduce } from "../../../lib/room.ts";
import type { RoomEvent } from "../../../lib/room_event.ts";
import { defaultSettings, newRoom, type RoomState } from "../../../lib/room_state.ts";
import { decide, topologyView } from "../../../lib/topology.ts";
import { inWords, sfu, START } from "../../helpers/topologies.ts";

const { apartMs, trialMs, demoteAfterMs, longestDwellMs } = POLICY.topology;
const HOUR = 3_600_000;

/** A room by itself, in a time of its own, that does what is decided. */
class Room {
  state: RoomState;
  now = START;
  sfus = [sfu("a")];

  constructor(...people: string[]) {
    this.state = newRoom({ tenant: "acme", id: "r" }, defaultSettings(), START);
    for (const id of people) this.enter(id);
    // For so long they have tried.
    this.now += 20_000;
  }

  enter(id: string, node = "n1"): void {
    const permissions = { publish: true, subscribe: true, chat: true, moderate: false };
    const expiresAt = this.now + 100 * HOUR;
    const admission = { id, identity: id, permissions, ticket: `t_${id}`, expiresAt };
    const connection = `${id} ${node}`;
    this.#happens({ kind: "enter", admission, node, region: "eu", connection });
  }

  leave(id: string): void {
    this.#happens({ kind: "leave", id, connection: this.state.members[id]!.connection });
  }

  reports(id: string, measured: Measured): void {
    this.#happens({ kind: "measure", id, measured });
  }

  /** What is decided now, which is done. */
  decided(): string {
    const decision = decide(topologyView(this.state, this.sfus), POLICY.topology, this.now);
    if (decision.kind === "change") {
      const expectedEpoch = this.state.topology.epoch;
      this.#happens({ ...decision, kind: "topology", expectedEpoch });
    }
    return inWords(decision);
  }

  /** What is decided when so much time has gone by. */
  after(ms: number): string {
    this.now += ms;
    return this.decided();
  }

  #happens(event: RoomEvent): void {
    const result = reduce(this.state, event, this.now);
    if (result.kind === "refused") throw new Error(result.message);
    this.state = result.state!;
  }
}

/** Two who have been lifted because the first did not reach the second. */
function lifted(...others: string[]): Room {
  const room = new Room("ada", "bob", ...others);
  room.reports("ada", { unreachable: ["bob"] });
  assertEquals(room.decided(), "a unconnected");
  return room;
}

describe("two who cannot reach each other in the mesh", () => {
  it("are lifted at once, also by themselves", () => {
    lifted();
  });

  it("are lifted as soon as there is an SFU, however long that takes", () => {
    const room = new Room("ada", "bob");
    room.sfus = [sfu("a", { state: "down" })];
    room.reports("bob", { unreachable: ["ada"] });
    assertEquals(room.after(2 * HOUR), "stay");
    room.sfus = [sfu("a")];
    assertEquals(room.decided(), "a unconnected");
    assertEquals(room.after(longestDwellMs), "stay");
  });

  it("are left alone when one of them takes it back", () => {
    const room = new Room("ada", "bob");
    room.sfus = [];
    room.reports("ada", { unreachable: ["bob"] });
    room.reports("ada", { relayed: true });
    room.sfus = [sfu("a")];
    assertEquals(room.decided(), "stay");
  });

  it("stay on the SFU, whatever they say of the mesh from there", () => {
    const room = lifted();
    room.reports("ada", { strain: "none" });
    room.reports("bob", { unreachable: [] });
    assertEquals(room.after(longestDwellMs), "stay");
  });

  it("stay there when both have changed their node", () => {
    const room = lifted();
    room.enter("ada", "n2");
    room.enter("bob", "n2");
    assertEquals(room.after(longestDwellMs), "stay");
  });

  it("go straight to another SFU when theirs is lost", () => {
    const room = lifted();
    room.sfus = [sfu("a", { state: "down" }), sfu("b")];
    assertEquals(room.decided(), "b sfu_lost");
    assertEquals(room.after(longestDwellMs), "stay");
  });

  it("have the mesh while there is no other, and are lifted again when there is", () => {
    const room = lifted();
    room.sfus = [sfu("a", { state: "down" })];
    assertEquals(room.decided(), "mesh sfu_lost");
    room.reports("ada", { strain: "none", unreachable: ["bob"] });
    room.sfus = [sfu("b")];
    assertEquals(room.decided(), "stay");
    assertEquals(room.after(longestDwellMs), "b unconnected");
  });

  it("stay in the mesh to which they had to go, when they have found a path there", () => {
    const room = lifted();
    room.sfus = [sfu("a", { state: "down" })];
    assertEquals(room.decided(), "mesh sfu_lost");
    room.reports("ada", {});
    room.sfus = [sfu("b")];
    assertEquals(room.after(longestDwellMs), "stay");
  });

  it("come down when one of them has left", () => {
    const room = lifted("cy");
    room.leave("bob");
    assertEquals(room.after(demoteAfterMs), "mesh participants");
  });

  it("are as good as new to each other when one has left and come again", () => {
    const room = lifted("cy");
    room.leave("bob");
    room.now += 1_000;
    room.reports("ada", {});
    room.enter("bob");
    assertEquals(room.after(demoteAfterMs), "mesh participants");
    assertEquals(room.after(longestDwellMs), "stay");
  });

  it("have time to find a path when one has left and come again before the other noticed", () => {
    const room = lifted("cy");
    room.leave("bob");
    room.enter("bob");
    assertEquals(room.after(demoteAfterMs), "mesh participants");
    assertEquals(room.after(trialMs - 1), "stay");
    assertEquals(room.after(1), "a unconnected");
  });

  it("stay there for an hour, try the mesh again, and are lifted again if nobody says that it went well", () => {
    const room = lifted();
    assertEquals(room.after(apartMs - 1), "stay");
    assertEquals(room.after(1), "mesh participants");
    assertEquals(room.after(trialMs - 1), "stay");
    assertEquals(room.after(1), "a unconnected");
    assertEquals(room.after(apartMs - 1), "stay");
  });

  it("are lifted again sooner when one of them says again that it went badly", () => {
    const room = lifted();
    room.reports("ada", {});
    assertEquals(room.after(apartMs), "mesh participants");
    room.now += 6_000;
    room.reports("ada", { unreachable: ["bob"] });
    assertEquals(room.decided(), "a unconnected");
  });

  it("stay in the mesh when they have found a path there", () => {
    const room = lifted();
    assertEquals(room.after(apartMs), "mesh participants");
    room.now += 2_000;
    room.reports("ada", { relayed: true });
    assertEquals(room.after(HOUR), "stay");
  });
});

describe("a report of who is out of reach", () => {
  it("says nothing of oneself, and of nobody who is not there", () => {
    const room = new Room("ada", "bob");
    room.reports("ada", { unreachable: ["ada", "cy", "constructor", "__proto__"] });
    assertEquals(room.decided(), "stay");
    assertEquals(room.state.members.ada!.unreached, undefined);
  });

  it("is the same in whichever order it names them", () => {
    const room = new Room("ada", "bob", "cy");
    room.reports("ada", { unreachable: ["cy", "bob"] });
    const { version } = room.state;
    room.now += 5_000;
    room.reports("ada", { unreachable: ["bob", "cy"] });
    assertEquals(room.state.version, version);
  });
});
