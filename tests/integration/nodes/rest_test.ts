/** Whichever node a back end asks, all of them answer and act as one. */
import { assertEquals, assertGreater } from "@std/assert";
import { afterAll, beforeAll, describe, it } from "@std/testing/bdd";
import { type Cluster, startCluster } from "../../helpers/cluster.ts";
import { allAgree, leftFor } from "../../helpers/rosters.ts";
import { WsClient } from "../../helpers/ws_client.ts";

describe("REST on a node that nobody of the room is on", () => {
  let cluster: Cluster;
  beforeAll(async () => {
    cluster = await startCluster({ nodes: 3 });
  });
  afterAll(() => cluster[Symbol.asyncDispose]());

  const third = () => cluster.nodes[2]!.api;

  it("shows who is there", async () => {
    const room = await cluster.room();
    await using _ada = await cluster.join(0, room, "ada");
    await using _bob = await cluster.join(1, room, "bob");
    assertEquals(await third().whoIsIn(room), ["ada", "bob"]);
  });

  it("removes someone: 4403, and the others see it", async () => {
    const room = await cluster.room();
    await using ada = await cluster.join(0, room, "ada");
    await using bob = await cluster.join(1, room, "bob");
    await third().remove(room, bob.id);
    const { code, close } = await bob.refusal();
    assertEquals([code, close], ["removed", 4403]);
    const { id, reason } = await ada.next("left");
    assertEquals([id, reason], [bob.id, "removed"]);
    await allAgree(cluster, room, [ada], ["ada"]);
  });

  it("changes the settings for everyone", async () => {
    const room = await cluster.room();
    await using ada = await cluster.join(0, room, "ada");
    await using bob = await cluster.join(1, room, "bob");
    const body = { name: "Retro", maxParticipants: 2 };
    assertEquals((await third().call("PATCH", `/v1/rooms/${room}`, { body })).status, 200);
    for (const client of [ada, bob]) {
      const { name, maxParticipants } = (await client.next("room")).room;
      assertEquals({ name, maxParticipants }, body);
    }
  });

  it("ends the room for everyone: 4404", async () => {
    const room = await cluster.room();
    await using ada = await cluster.join(0, room, "ada");
    await using bob = await cluster.join(1, room, "bob");
    await third().remove(room);
    for (const client of [ada, bob]) {
      const { code, close } = await client.refusal();
      assertEquals([code, close], ["room_ended", 4404]);
    }
    for (const { api } of cluster.nodes) {
      assertEquals((await api.problem("GET", `/v1/rooms/${room}`)).status, 404);
    }
  });

  it("answers a repeated Idempotency-Key as the first node did", async () => {
    const [first, second] = await Promise.all(
      [0, 1].map((node) =>
        cluster.nodes[node]!.api.call<{ id?: string; code?: string }>("POST", "/v1/rooms", {
          headers: { "idempotency-key": "across nodes" },
        })
      ),
    );
    // Of two at once one may be told that the other is under way.
    const made = [first!, second!].find(({ status }) => status === 201)!;
    const again = await third().call("POST", "/v1/rooms", {
      headers: { "idempotency-key": "across nodes" },
    });
    assertEquals([again.status, again.body], [201, made.body]);
    assertEquals(again.headers.get("idempotency-replayed"), "true");
    const { rooms } = await third().listRooms("?limit=500");
    assertEquals(rooms.filter(({ id }) => id === made.body.id).length, 1);
  });

  it("lists the same pages as any other", async () => {
    const api = cluster.nodes.map(({ api }) => api.as("globex-secret"));
    for (const id of ["c", "a", "b"]) await api[0]!.makeRoom({ id });
    for (const one of api) {
      const { rooms: [a, b], cursor } = await one.listRooms("?limit=2");
      const { rooms: [c] } = await one.listRooms(`?limit=2&cursor=${cursor}`);
      assertEquals([a?.id, b?.id, c?.id], ["a", "b", "c"]);
    }
  });
});

describe("a room over several nodes", () => {
  let cluster: Cluster;
  beforeAll(async () => {
    cluster = await startCluster({ nodes: 2 });
  });
  afterAll(() => cluster[Symbol.asyncDispose]());

  async function refused(node: number, token: string) {
    await using client = await WsClient.open(cluster.nodes[node]!.service.wsUrl);
    client.send({ type: "join", token });
    return await client.refusal();
  }

  it("is full when all of them together are: room_full, 1013, and when to come again", async () => {
    const room = await cluster.room({ maxParticipants: 2 });
    await using _ada = await cluster.join(0, room, "ada");
    await using _bob = await cluster.join(1, room, "bob");
    for (const node of [0, 1]) {
      const token = await cluster.nodes[node]!.api.makeToken(room, "cleo");
      const { code, close, retryAfterMs = 0 } = await refused(node, token);
      assertEquals([code, close], ["room_full", 1013]);
      assertGreater(retryAfterMs, 0);
    }
  });

  it("never takes in more than it may, however many come at once", async () => {
    const room = await cluster.room({ maxParticipants: 3 });
    const token = await cluster.nodes[0]!.api.makeToken(room, "crowd");
    const answers = await Promise.allSettled(
      Array.from({ length: 12 }, (_, i) => cluster.nodes[i % 2]!.join(token)),
    );
    const joined = answers.filter((answer) => answer.status === "fulfilled")
      .map(({ value }) => value);
    assertEquals(joined.length, 3);
    await allAgree(cluster, room, joined, ["crowd", "crowd", "crowd"]);
    for (const client of joined) await client[Symbol.asyncDispose]();
  });

  it("lets whoever was removed in again on no node by the same token, and by a new one on any", async () => {
    const room = await cluster.room();
    const token = await cluster.nodes[0]!.api.makeToken(room, "eve", {
      permissions: { moderate: true },
    });
    await using ada = await cluster.join(1, room, "ada", { permissions: { moderate: true } });
    await using eve = await cluster.nodes[0]!.join(token);
    await ada.next("participant");
    ada.send({ type: "remove", participant: eve.id });
    assertEquals((await eve.refusal()).close, 4403);
    for (const node of [0, 1]) {
      const { code, close } = await refused(node, token);
      assertEquals([code, close], ["removed", 4403]);
    }
    await using again = await cluster.join(0, room, "eve");
    await allAgree(cluster, room, [ada, again], ["ada", "eve"]);
  });

  it("forgets nobody when people come and go on all nodes at once", async () => {
    const room = await cluster.room({ maxParticipants: 20 });
    await using ada = await cluster.join(0, room, "ada");
    const crowd = await Promise.all(
      Array.from({ length: 12 }, (_, i) => cluster.join(i % 2, room, `p${i}`)),
    );
    const [leaving, staying] = [crowd.slice(0, 6), crowd.slice(6)];
    for (const client of leaving) client.send({ type: "leave" });
    for (const client of staying) client.send({ type: "update", attributes: { stays: true } });
    const expected = ["ada", ...staying.map(({ welcome }) => welcome.self.identity)];
    await allAgree(cluster, room, [ada, ...staying], expected);
    assertEquals(leftFor(ada).sort(), leaving.map(({ id }) => id).sort());
    for (const client of crowd) await client[Symbol.asyncDispose]();
  });
});
