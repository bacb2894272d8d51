/** Two who cannot reach each other in the mesh, each on a node of its own: an SFU brings them together. */
import { assert, assertEquals } from "@std/assert";
import { afterAll, beforeAll, describe, it } from "@std/testing/bdd";
import { type Cluster, startCluster } from "../../helpers/cluster.ts";
import type { WsClient } from "../../helpers/ws_client.ts";

/** From a report to the room's move: what is urgent waits for no other node. */
const AT_ONCE_MS = 900;
/** As long as a room that may come down waits, and some more. */
const DOWN_MS = 10_000;

describe("two who cannot reach each other in the mesh", () => {
  let cluster: Cluster;

  beforeAll(async () => void (cluster = await startCluster({ env: { SFU_URLS: "embedded:" } })));
  afterAll(() => cluster[Symbol.asyncDispose]());

  /** Ada and Bob in a room of their own, of whom Bob has said that it does not reach Ada. */
  async function apart(): Promise<{ room: string; ada: WsClient; bob: WsClient }> {
    const room = await cluster.room();
    const ada = await cluster.join(0, room, "ada");
    const bob = await cluster.join(1, room, "bob");
    await ada.next("participant");
    bob.send({ type: "report", measured: { unreachable: [ada.id] } });
    return { room, ada, bob };
  }

  /** Resolves when they are told that the call is lifted. */
  async function areLifted(...people: WsClient[]): Promise<void> {
    for (const person of people) {
      const { mode, epoch, reason } = await person.next("topology", { timeoutMs: AT_ONCE_MS });
      assertEquals([mode, epoch, reason], ["sfu", 2, "unconnected"]);
    }
  }

  it("are lifted at once when one of them says so", async () => {
    const { room, ...people } = await apart();
    await using ada = people.ada;
    await using bob = people.bob;
    await areLifted(ada, bob);
    const { body } = await cluster.nodes[0]!.api.call<
      { current: { mode: string; reason: string } }
    >("GET", `/v1/rooms/${room}`);
    assertEquals([body.current.mode, body.current.reason], ["sfu", "unconnected"]);
  });

  it("stay there when both have moved to the other's node", async () => {
    const people = await apart();
    await using before = people.ada;
    await using other = people.bob;
    await areLifted(before, other);
    await using ada = await cluster.nodes[1]!.resume(before.welcome.session);
    await using bob = await cluster.nodes[0]!.resume(other.welcome.session);
    for (const { welcome } of [ada, bob]) {
      assert(welcome.resumed);
      assertEquals([welcome.topology.mode, welcome.topology.epoch], ["sfu", 2]);
    }
    // By then a room of two would have come down.
    const told = await Promise.race(
      [ada, bob].map((one) => one.next("topology", { timeoutMs: DOWN_MS }).catch(() => undefined)),
    );
    assertEquals(told, undefined);
  });

  it("come down when one of them has left and there is another in its place", async () => {
    const { room, ...people } = await apart();
    await using ada = people.ada;
    await using bob = people.bob;
    await areLifted(ada, bob);
    await using cy = await cluster.join(0, room, "cy");
    bob.send({ type: "leave" });
    const { mode, reason } = await cy.next("topology", { timeoutMs: DOWN_MS });
    assertEquals([mode, reason], ["mesh", "participants"]);
  });
});
