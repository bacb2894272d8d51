/** A node in which more want to be than it can let in. */
import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
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
/** As many as may wait by the first guess, as many as may be under way, and some more. */
const MOST = POLICY.gate.longestWaitMs / POLICY.gate.firstGuessMs + POLICY.gate.atOnce;
const MORE = 200;

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
    const presence = new OddPresence();
    const node = fakeNode({ presence, env: { JOIN_RATE: "100000", JOIN_BURST: "100000" } });
    await makeRoom(node);
    const [ada, bob] = [await join(node, "ada"), await join(node, "bob")];
    const wires = await rush(node, MOST + MORE);
    // Those who are in are served before any of them.
    ada.wire.says({ type: "signal", to: bob.id, data: 1 });
    assertEquals(bob.wire.frames.all.at(-1), { type: "signal", from: ada.id, data: 1 });
    assertEquals(node.hub.entries.isShedding, true);

    const became = await outcomes(wires);
    const refused = wires.filter((_, i) => became[i] === 1013);
    assertEquals(became.filter((one) => one === "in").length, wires.length - refused.length);
    assert(refused.length > 0 && refused.length <= MORE, `${refused.length} were refused`);
    for (const { frames } of refused) {
      const error = await frames.next("error");
      assertEquals(error.code, "unavailable");
      assert(error.retryAfterMs! > POLICY.gate.againWaitMs, `${error.retryAfterMs}`);
    }

    assertEquals(node.hub.counters.shed, { queue: refused.length, lag: 0 });
    assertEquals([linesOf(node, "shedding"), linesOf(node, "shedding_over")], [1, 0]);
    const later = Date.now() + POLICY.shedOverMs;
    await join(node, "eve");
    for (const after of [0, 250]) node.hub.entries.look(later + after, 0);
    assertEquals([linesOf(node, "shedding"), linesOf(node, "shedding_over")], [1, 1]);
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
