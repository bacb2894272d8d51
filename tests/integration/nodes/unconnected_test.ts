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
  let room: string;
  let ada: WsClient;
  let bob: WsClient;

  beforeAll(async () => {
    cluster = await startCluster({ env: { SFU_URLS: "embedded:" } });
    room = await cluster.room();
    ada = await cluster.join(0, room, "ada");
    bob = await cluster.join(1, room, "bob");
    await ada.next("participant");
  });
  afterAll(async () => {
    await ada[Symbol.asyncDispose]();
    await bob[Symbol.asyncDispose]();
    await cluster[Symbol.asyncDispose]();
  });

  const current = async () => {
    const { body } = await cluster.nodes[0]!.api.call<
      { current: { mode: string; reason: string } }
    >(
      "GET",
      `/v1/rooms/${room}`,
    );
    return [body.current.mode, body.current.reason];
  };

  it("are lifted at once when one of them says so", async () => {
    bob.send({ type: "report", measured: { unreachable: [ada.id] } });
    for (const person of [ada, bob]) {
      const { mode, epoch, reason } = await person.next("topology", { timeoutMs: AT_ONCE_MS });
      assertEquals([mode, epoch, reason], ["sfu", 2, "unconnected"]);
    }
    assertEquals(await current(), ["sfu", "unconnected"]);
  });

  it("stay there when both have moved to the other's node", async () => {
    const [before, after] = [
      [ada, bob],
      [ada, bob] = [
        await cluster.nodes[1]!.resume(ada.welcome.session),
        await cluster.nodes[0]!.resume(bob.welcome.session),
      ],
    ];
    for (const { welcome } of after) {
      assert(welcome.resumed);
      assertEquals([welcome.topology.mode, welcome.topology.epoch], ["sfu", 2]);
    }
    for (const old of before) await old[Symbol.asyncDispose]();
    // By now a room of two would have come down.
    await assertStays();
  });

  it("come down when one of them has left and there is another in its place", async () => {
    await using cy = await cluster.join(0, room, "cy");
    bob.send({ type: "leave" });
    const { mode, reason } = await cy.next("topology", { timeoutMs: DOWN_MS });
    assertEquals([mode, reason], ["mesh", "participants"]);
  });

  /** Nobody is told of another topology for as long as it would take to come down. */
  async function assertStays(): Promise<void> {
    const told = await Promise.race([
      ada.next("topology", { timeoutMs: DOWN_MS }).catch(() => undefined),
      bob.next("topology", { timeoutMs: DOWN_MS }).catch(() => undefined),
    ]);
    assertEquals(told, undefined);
  }
});
