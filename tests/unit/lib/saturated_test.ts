/** A node in which more want to be than it can let in. */
import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { gatePolicy } from "../../../lib/entries.ts";
import { POLICY } from "../../../lib/policy.ts";
import {
  type FakeNode,
  fakeNode,
  FakeWire,
  join,
  makeRoom,
  makeToken,
  ROOM,
} from "../../helpers/fake_node.ts";
import { OddPresence } from "../../helpers/odd_presence.ts";

const PER_ROOM = 4;
/** Waits longer than a busy machine takes to let them all ask. */
const GATE = { ...gatePolicy("memory"), perTurn: 2, burstMs: 500, targetMs: 15 };
/** Refuses nobody, however long a busy machine takes: for what is not about that. */
const PATIENT = { ...GATE, burstMs: 60_000 };
/** More than are served within the longest wait, with turns of a millisecond. */
const TOO_MANY = GATE.burstMs * GATE.perTurn + 500;
/** No limit on joins is in the way. */
const env = { JOIN_RATE: "100000", JOIN_BURST: "100000" };

/** So many sockets that all ask for a place at once. */
async function rush(node: FakeNode, size: number): Promise<FakeWire[]> {
  const tokens: string[] = [];
  for (let i = 0; i < size; i++) {
    const room = { ...ROOM, id: `rush-${Math.floor(i / PER_ROOM)}` };
    if (i % PER_ROOM === 0) await makeRoom(node, room);
    tokens.push(await makeToken(node, "someone", { room }));
  }
  return tokens.map((token) => {
    const wire = new FakeWire(node.hub);
    wire.says({ type: "join", token });
    return wire;
  });
}

/** What became of each: it is in, or with which code its socket was closed. */
function outcomes(wires: FakeWire[]): Promise<("in" | number)[]> {
  return Promise.all(wires.map(async (wire) => {
    const welcome = wire.frames.next("welcome", { timeoutMs: 30_000 }).catch(() => undefined);
    return await welcome ? "in" : (await wire.closed).code;
  }));
}

function linesOf(node: FakeNode, event: string): number {
  return node.logs.filter((line) => line.event === event).length;
}

describe("a node in which more want to be than it can let in", () => {
  it("lets in as many as it can, and tells each of the others when to come back", async () => {
    const node = fakeNode({ env, gate: GATE });
    const wires = await rush(node, TOO_MANY);
    const became = await outcomes(wires);
    const refused = wires.filter((_, i) => became[i] === 1013);
    assertEquals(became.filter((one) => one === "in").length, wires.length - refused.length);
    assert(refused.length > 0 && refused.length < wires.length, `${refused.length} were refused`);
    for (const { frames } of refused) {
      const error = await frames.next("error");
      assertEquals(error.code, "unavailable");
      assert(error.retryAfterMs! <= GATE.maxRetryMs, `${error.retryAfterMs}`);
    }
    assertEquals(node.hub.counters.shed, { queue: refused.length, lag: 0 });
    assertEquals([linesOf(node, "shedding"), linesOf(node, "shedding_over")], [1, 0]);
    node.hub.entries.look(Date.now() + POLICY.shedOverMs, 0);
    assertEquals([linesOf(node, "shedding"), linesOf(node, "shedding_over")], [1, 1]);
    assertEquals(linesOf(node, "ended"), 0);
  });

  it("serves those who are in while the others wait", async () => {
    const node = fakeNode({ env, gate: PATIENT });
    await makeRoom(node);
    const [ada, bob] = [await join(node, "ada"), await join(node, "bob")];
    await rush(node, 200);
    await new Promise((turn) => setTimeout(turn));
    ada.wire.says({ type: "signal", to: bob.id, data: 1 });
    assertEquals(bob.wire.frames.all.at(-1), { type: "signal", from: ada.id, data: 1 });
    assert(node.hub.entries.waiting > 100, `${node.hub.entries.waiting} wait`);
    await node.hub.entries.settled();
  });

  it("lets somebody back in who has a place, before all of them", async () => {
    const node = fakeNode({ env, gate: PATIENT });
    await makeRoom(node);
    const ada = await join(node, "ada");
    ada.wire.hangsUp();
    await rush(node, TOO_MANY);
    const back = new FakeWire(node.hub);
    back.says({ type: "resume", session: ada.welcome.session });
    assertEquals((await back.frames.next("welcome")).resumed, true);
    assert(node.hub.entries.waiting > GATE.perTurn, `${node.hub.entries.waiting} wait`);
    await node.hub.entries.settled();
  });

  it("is open to other addresses than the one that sends them all", async () => {
    const node = fakeNode({ env: { JOIN_RATE: "5", JOIN_BURST: "300" }, gate: PATIENT });
    await makeRoom(node);
    for (let i = 0; i < TOO_MANY; i++) {
      new FakeWire(node.hub).says({ type: "join", token: "a guess" });
    }
    const wire = new FakeWire(node.hub, "203.0.113.9");
    wire.says({ type: "join", token: await makeToken(node, "ada") });
    await wire.frames.next("welcome");
    assertEquals(node.hub.counters.shed, { queue: 0, lag: 0 });
    await node.hub.entries.settled();
  });

  it("sends all away who wait when it drains, and asks the store for none of them", async () => {
    const presence = new OddPresence();
    const node = fakeNode({ env, presence, gate: PATIENT });
    const wires = await rush(node, 200);
    const before = presence.calls;
    await node.hub.drain();
    const closed = await Promise.all(wires.map((wire) => wire.closed));
    assertEquals(new Set(closed.map(({ code }) => code)), new Set([1012]));
    // That this node is gone is all that it is told.
    assertEquals([node.hub.entries.waiting, presence.calls], [0, before + 1]);
  });

  it("lets those back in who have a place, and nobody new, while it does not keep up", async () => {
    const node = fakeNode();
    await makeRoom(node);
    const ada = await join(node, "ada");
    ada.wire.hangsUp();
    for (let i = 0; i < POLICY.gate.looks; i++) node.hub.entries.look(Date.now(), 400);
    const back = new FakeWire(node.hub);
    back.says({ type: "resume", session: ada.welcome.session });
    assertEquals((await back.frames.next("welcome")).resumed, true);
    const eve = new FakeWire(node.hub);
    eve.says({ type: "join", token: await makeToken(node, "eve") });
    assertEquals((await eve.frames.next("error")).code, "unavailable");
    assertEquals((await eve.closed).code, 1013);
    assertEquals(node.hub.counters.shed, { queue: 0, lag: 1 });
  });
});
