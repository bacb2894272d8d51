/** The store loses everything in the middle of calls: the nodes know better, and nobody notices. */
import { assertEquals, assertGreater } from "@std/assert";
import { afterAll, beforeAll, describe, it } from "@std/testing/bdd";
import { becomes } from "../../helpers/becomes.ts";
import { type Cluster, startCluster } from "../../helpers/cluster.ts";
import { allAgree, news } from "../../helpers/rosters.ts";
import { signals } from "../../helpers/signals.ts";
import { WsClient } from "../../helpers/ws_client.ts";

describe("FLUSHALL in mid-call", () => {
  const all = new AsyncDisposableStack();
  let cluster: Cluster;
  let room: string;
  let clients: WsClient[];
  let token: string;
  let newsBefore: number[];

  beforeAll(async () => {
    cluster = all.use(await startCluster({ nodes: 3 }));
    room = await cluster.room({ name: "Standup", metadata: { a: 1 } });
    clients = [];
    for (const [node, identity] of [[0, "ada"], [1, "bob"], [0, "cleo"]] as const) {
      clients.push(all.use(await cluster.join(node, room, identity)));
    }
    token = await cluster.nodes[2]!.api.makeToken(room, "dan");
    await allAgree(cluster, room, clients, ["ada", "bob", "cleo"]);
    newsBefore = clients.map((client) => news(client).length);
    await cluster.redis.server.call("FLUSHALL");
  });
  afterAll(() => all.disposeAsync());

  it("a join on a node that does not know the room is told to come again, never that there is none", async () => {
    await using dan = await WsClient.open(cluster.nodes[2]!.service.wsUrl);
    dan.send({ type: "join", token });
    const { code, close, retryAfterMs = 0 } = await dan.refusal();
    assertEquals([code, close], ["unavailable", 1013]);
    assertGreater(retryAfterMs, 0);
  });

  it("neither does REST say so on any node", async () => {
    const answers = await Promise.all(
      cluster.nodes.map(({ api }) => api.call("GET", `/v1/rooms/${room}`)),
    );
    assertEquals(answers.filter(({ status }) => status === 404), []);
  });

  it("signals go on at once", async () => {
    const [ada, bob, cleo] = clients as [WsClient, WsClient, WsClient];
    await signals(ada, bob);
    await signals(bob, cleo);
  });

  it("within 5 s REST and rosters are whole on every node, settings and all", async () => {
    await allAgree(cluster, room, clients, ["ada", "bob", "cleo"]);
    for (const { api } of cluster.nodes) {
      const { body } = await api.call<Record<string, unknown>>("GET", `/v1/rooms/${room}`);
      const { name, metadata, participantCount } = body;
      assertEquals([name, metadata, participantCount], ["Standup", { a: 1 }, 3]);
    }
  });

  it("the one who was told to come again gets in", async () => {
    await becomes(async () => {
      await using dan = await WsClient.open(cluster.nodes[2]!.service.wsUrl);
      dan.send({ type: "join", token });
      await dan.next("welcome");
      dan.send({ type: "leave" });
      return (await dan.closed).code;
    }, 1000);
  });

  it("nobody else was told of anything", () => {
    const told = clients.map((client, i) =>
      news(client).slice(newsBefore[i]).filter(({ type }) => type !== "signal")
    );
    // Of dan, who came and left.
    const types = told.map((frames) => frames.map(({ type }) => type));
    assertEquals(types, clients.map(() => ["participant", "left"]));
  });

  it("a room that was empty is gone, and may be made again", async () => {
    const id = await cluster.room();
    await cluster.redis.server.call("FLUSHALL");
    await becomes(async () => (await cluster.nodes[1]!.api.makeRoom({ id })).id, id, {
      withinMs: 10_000,
    });
  });
});
