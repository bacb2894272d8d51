import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { POLICY } from "../../../lib/policy.ts";
import { becomes } from "../../helpers/becomes.ts";
import { makeRoom, ROOM } from "../../helpers/fake_node.ts";
import { Nodes } from "../../helpers/fake_nodes.ts";
import { FakeSfuServer } from "../../helpers/fake_sfu.ts";
import { SfuBot } from "../../helpers/sfu_bot.ts";

/** Nodes that share an SFU, and a room that its owner has lifted. */
class Lifted implements Disposable {
  readonly server = new FakeSfuServer();
  nodes!: Nodes;

  static async make(
    count = 2,
    reach: "shared" | "hosted" = "shared",
    capacity = 10_000,
  ): Promise<Lifted> {
    const lifted = new Lifted();
    const { server } = lifted;
    // What is hosted runs within the first node.
    const sfus = (node: number) =>
      reach === "shared" || node === 1 ? [server.connect({ reach, capacity })] : [];
    lifted.nodes = await Nodes.make(count, sfus);
    // Other nodes hear of a hosted one by signs of life.
    await lifted.nodes.pass(2 * POLICY.lease.beatMs);
    await lifted.set("sfu");
    return lifted;
  }

  async set(mode: "mesh" | "sfu"): Promise<void> {
    await this.node(0).hub.rooms.change(ROOM, {
      kind: "configure",
      given: { topology: { ...AUTO, mode } },
    });
  }

  node(index: number) {
    return this.nodes.nodes[index]!;
  }

  /** Lets everything that is under way happen. */
  async settle(): Promise<void> {
    for (let i = 0; i < 4; i++) await this.nodes.time.tickAsync(1);
  }

  /** Two people, on the first and the last node, each with the other's media. */
  async pair(): Promise<[SfuBot, SfuBot]> {
    const ada = await SfuBot.join(this.node(0), "ada");
    const bob = await SfuBot.join(this.node(this.nodes.nodes.length - 1), "bob");
    await this.nodes.pass(500);
    assertEquals([ada.gets, bob.gets], [[bob.id], [ada.id]]);
    return [ada, bob];
  }

  [Symbol.dispose](): void {
    this.nodes[Symbol.dispose]();
  }
}

const AUTO = { mode: "auto", promoteAt: 5, demoteAt: 3 } as const;

for (const reach of ["shared", "hosted"] as const) {
  describe(`sessions at an SFU that is ${reach}`, () => {
    it("bring the media of each to the other, on two nodes", async () => {
      using lifted = await Lifted.make(2, reach);
      const [ada, bob] = await lifted.pair();
      assertEquals(lifted.server.reaches(ada.id, bob.id), "high");
      assertEquals(lifted.server.reaches(bob.id, ada.id), "high");
    });

    it("end when their participant leaves", async () => {
      using lifted = await Lifted.make(2, reach);
      const [ada, bob] = await lifted.pair();
      bob.says({ type: "leave" });
      await lifted.settle();
      assertEquals([lifted.server.sessions, ada.gets], [1, []]);
      ada.says({ type: "leave" });
      await lifted.settle();
      assertEquals([lifted.server.sessions, lifted.server.rooms], [0, 0]);
    });

    it("end with the room", async () => {
      using lifted = await Lifted.make(2, reach);
      await lifted.pair();
      await lifted.node(0).hub.rooms.change(ROOM, { kind: "end" });
      await lifted.settle();
      assertEquals(lifted.server.sessions, 0);
    });

    it("end after a demotion when the client says so", async () => {
      using lifted = await Lifted.make(2, reach);
      await lifted.pair();
      await lifted.set("mesh");
      await lifted.nodes.pass(500);
      assertEquals(lifted.server.sessions, 0);
    });

    it("outlive a lost socket, and go on by their ticket", async () => {
      using lifted = await Lifted.make(2, reach);
      const [ada, bob] = await lifted.pair();
      bob.hangsUp();
      await lifted.nodes.pass(1_000);
      assertEquals(lifted.server.reaches(bob.id, ada.id), "high");
      const back = await SfuBot.resume(lifted.node(1), bob);
      await lifted.nodes.pass(500);
      assertEquals(back.told[0], { op: "opened", ticket: back.ticket!, resumed: true });
      assertEquals([lifted.server.sessions, lifted.server.reaches(ada.id, bob.id)], [2, "high"]);
    });

    it("move to another node with their participant, while media goes on", async () => {
      using lifted = await Lifted.make(2, reach);
      const [ada, bob] = await lifted.pair();
      const back = await SfuBot.resume(lifted.node(0), bob);
      await lifted.nodes.pass(500);
      assertEquals(back.told[0], { op: "opened", ticket: back.ticket!, resumed: true });
      assertEquals([lifted.server.sessions, lifted.server.reaches(bob.id, ada.id)], [2, "high"]);
      const cleo = await SfuBot.join(lifted.node(1), "cleo");
      await lifted.nodes.pass(500);
      assertEquals(back.gets, [ada.id, cleo.id].sort());
    });
  });
}

describe("sessions at an SFU within a node that has nobody in the room", () => {
  it("bring media, and end when their participants leave", async () => {
    using lifted = await Lifted.make(3, "hosted");
    const ada = await SfuBot.join(lifted.node(1), "ada");
    const bob = await SfuBot.join(lifted.node(2), "bob");
    await lifted.nodes.pass(500);
    assertEquals(lifted.server.reaches(ada.id, bob.id), "high");
    for (const { hub } of [lifted.node(1), lifted.node(2)]) assertEquals(hub.lift.sessions.size, 0);
    for (const bot of [ada, bob]) bot.says({ type: "leave" });
    await lifted.settle();
    assertEquals(lifted.server.sessions, 0);
  });

  it("end when the node of their participant has died", async () => {
    using lifted = await Lifted.make(3, "hosted");
    const ada = await SfuBot.join(lifted.node(1), "ada");
    const bob = await SfuBot.join(lifted.node(2), "bob");
    await lifted.nodes.pass(2 * POLICY.sfu.forsakenMs);
    assertEquals(lifted.server.reaches(ada.id, bob.id), "high");
    lifted.nodes.kill(2);
    await lifted.nodes.pass(POLICY.sfu.forsakenMs + POLICY.sfu.keepMs);
    assertEquals(lifted.server.sessions, 1);
  });
});

describe("sessions at an SFU", () => {
  it("go on at another node when theirs has died", async () => {
    using lifted = await Lifted.make(2);
    const [ada, bob] = await lifted.pair();
    lifted.nodes.kill(1);
    const back = await SfuBot.resume(lifted.node(0), bob);
    await lifted.nodes.pass(500);
    assertEquals(back.told[0], { op: "opened", ticket: back.ticket!, resumed: true });
    assertEquals(lifted.server.reaches(ada.id, bob.id), "high");
  });

  it("are another's to nobody: a ticket is good for its participant only", async () => {
    using lifted = await Lifted.make(1);
    const [ada, bob] = await lifted.pair();
    const eve = await SfuBot.join(lifted.node(0), "eve");
    await lifted.settle();
    eve.ask({ op: "open", ticket: ada.ticket });
    await lifted.nodes.pass(500);
    const opened = eve.told.filter((told) => told.op === "opened");
    assertEquals(opened.map(({ resumed }) => resumed), [false, false]);
    assertEquals(lifted.server.reaches(ada.id, bob.id), "high");
  });

  it("are told again of an offer that was not answered when its socket was lost", async () => {
    using lifted = await Lifted.make(1);
    const [ada, bob] = await lifted.pair();
    bob.answers = false;
    const cleo = await SfuBot.join(lifted.node(0), "cleo");
    await lifted.settle();
    bob.hangsUp();
    const back = await SfuBot.resume(lifted.node(0), bob);
    await lifted.nodes.pass(500);
    assertEquals(back.gets, [ada.id, cleo.id].sort());
    assertEquals(lifted.server.reaches(cleo.id, bob.id), "high");
  });

  it("that belong to an older topology are refused", async () => {
    using lifted = await Lifted.make(1);
    const ada = await SfuBot.join(lifted.node(0), "ada");
    ada.ask({ op: "open" }, 1);
    await lifted.settle();
    const [ended] = ada.told.filter(({ op }) => op === "ended");
    assert(ended?.op === "ended" && ended.reason.includes("epoch 1 is not the one"), `${ended}`);
  });

  it("of a topology that is over are ended after a while, also when their client says nothing", async () => {
    using lifted = await Lifted.make(1);
    const [, bob] = await lifted.pair();
    bob.ticket = undefined;
    await lifted.set("mesh");
    await lifted.nodes.pass(1_000);
    assertEquals(lifted.server.sessions, 1);
    await lifted.nodes.pass(POLICY.sfu.lingerMs);
    assertEquals(lifted.server.sessions, 0);
  });

  it("end with a reason when the SFU ends them, and another can be opened", async () => {
    using lifted = await Lifted.make(1);
    const [ada, bob] = await lifted.pair();
    lifted.server.end(bob.id, "too old");
    await lifted.settle();
    assertEquals(bob.told.at(-1), { op: "ended", code: "ended", reason: "too old" });
    bob.ask({ op: "open" });
    await lifted.nodes.pass(500);
    assertEquals(lifted.server.reaches(ada.id, bob.id), "high");
  });

  it("end when what is asked of them cannot be", async () => {
    using lifted = await Lifted.make(1);
    const [, bob] = await lifted.pair();
    bob.ask({ op: "publish", sdp: "nonsense" });
    await lifted.settle();
    assertEquals(bob.told.at(-1)?.op, "ended");
    assertEquals(lifted.server.sessions, 1);
  });

  it("go on when an SFU that hangs misses what only makes them better", async () => {
    using lifted = await Lifted.make(1);
    const [, bob] = await lifted.pair();
    lifted.server.hang();
    bob.ask({ op: "layers", layers: {} });
    bob.ask({ op: "candidate", of: "publish", candidate: null });
    await lifted.settle();
    assert(!bob.told.some(({ op }) => op === "ended"));
  });

  it("are not raised from the dead: who leaves while one is made anew leaves nothing", async () => {
    using lifted = await Lifted.make(1);
    const [, bob] = await lifted.pair();
    const { promise, resolve } = Promise.withResolvers<void>();
    lifted.server.closing = promise;
    bob.ask({ op: "open" });
    await lifted.settle();
    bob.says({ type: "leave" });
    await lifted.settle();
    resolve();
    await lifted.nodes.pass(1_000);
    assertEquals(lifted.server.sessions, 1);
  });

  it("are refused beyond what the SFU can hold", async () => {
    using lifted = await Lifted.make(1, "shared", 2);
    await lifted.pair();
    const cleo = await SfuBot.join(lifted.node(0), "cleo");
    await lifted.nodes.pass(500);
    const last = cleo.told.at(-1);
    assert(last?.op === "ended" && last.code === "unavailable", JSON.stringify(last));
    assertEquals(lifted.server.sessions, 2);
  });

  it("end when too much waits, and nobody else's do", async () => {
    using lifted = await Lifted.make(1);
    const [ada, bob] = await lifted.pair();
    for (let i = 0; i < POLICY.sfu.askQueue + 2; i++) bob.ask({ op: "layers", layers: {} });
    await lifted.settle();
    assert(bob.told.some(({ op }) => op === "ended"));
    assert(!ada.told.some(({ op }) => op === "ended"));
  });
});

describe("a thousand rooms", () => {
  it("are lifted and come down again, and nothing of it is left", async () => {
    using lifted = await Lifted.make(2);
    const { server, nodes } = lifted;
    const keys = Array.from({ length: 1_000 }, (_, i) => ({ tenant: "acme", id: `room${i}` }));
    const bots: SfuBot[] = [];
    for (const key of keys) {
      await makeRoom(lifted.node(0), key);
      for (const i of [0, 1]) bots.push(await SfuBot.join(lifted.node(i), `p${i}`, key));
    }
    for (const mode of ["sfu", "mesh", "sfu", "mesh"] as const) {
      const given = { topology: { ...AUTO, mode } };
      for (const key of keys) {
        await lifted.node(0).hub.rooms.change(key, { kind: "configure", given });
      }
      await nodes.pass(2_000);
      const count = mode === "sfu" ? bots.length : 0;
      assertEquals([server.sessions, server.rooms], [count, count / 2]);
      const held = nodes.nodes.map(({ hub }) => hub.lift.sessions.size);
      assertEquals(held.reduce((sum, size) => sum + size), count);
    }
    for (const bot of bots) bot.says({ type: "leave" });
    await nodes.pass(2_000);
    for (const { hub } of nodes.nodes) {
      assertEquals([hub.size.rooms, hub.size.connections, hub.lift.sessions.size], [0, 0, 0]);
    }
    await becomes(() => server.sessions, 0, { withinMs: 0 });
  });
});
