/** People of the chaos program with a node that keeps to the protocol, or does not: what is wrong is found. */
import { assertEquals, assertMatch } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { Crowd } from "../../chaos/crowd.ts";
import {
  clientsAgree,
  everyoneIsBack,
  gaugesAgree,
  ghostsIn,
  restAgrees,
  signalsArrive,
  type Violation,
} from "../../chaos/judge.ts";
import type { Person } from "../../chaos/person.ts";

type Frame = Record<string, unknown> & { type: string };

function textOf(violations: Violation[]): string {
  return violations.map(({ what, cases }) => `${what}: ${cases.join(", ")}`).join("\n");
}

/** Speaks as much of docs/protocol.md as one room needs. */
class SmallNode implements AsyncDisposable {
  readonly sockets = new Map<string, WebSocket>();
  /** Ids that REST tells of beyond those who are here. */
  readonly strangers: string[] = [];
  /** What becomes of a signal on its way. */
  relay: (to: WebSocket, text: string) => void = (to, text) => to.send(text);
  readonly #server: Deno.HttpServer<Deno.NetAddr>;
  #version = 1;

  constructor() {
    const serve = (request: Request) => this.#answer(request);
    this.#server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, serve);
  }

  get url(): string {
    return `http://127.0.0.1:${this.#server.addr.port}`;
  }

  tell(frame: Frame, except?: string): void {
    const text = JSON.stringify({ version: ++this.#version, ...frame });
    for (const [id, socket] of this.sockets) if (id !== except) socket.send(text);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
  }

  #answer(request: Request): Response {
    const { pathname } = new URL(request.url);
    if (pathname === "/metrics") {
      const { size } = this.sockets;
      const gauges = { connections: size, participants: size, rooms: size > 0 ? 1 : 0 };
      const lines = Object.entries(gauges).map(([name, value]) => `meshlift_${name} ${value}\n`);
      return new Response(lines.join(""));
    }
    if (pathname !== "/") {
      const ids = [...this.sockets.keys(), ...this.strangers];
      return Response.json({ participants: ids.map((id) => ({ id, state: "active" })) });
    }
    const { socket, response } = Deno.upgradeWebSocket(request);
    let id = "";
    socket.onmessage = ({ data }) => {
      const frame = JSON.parse(data) as Frame;
      if (frame.type === "join") id = this.#join(socket);
      if (frame.type !== "signal") return;
      const to = this.sockets.get(String(frame.to));
      if (to) this.relay(to, JSON.stringify({ type: "signal", from: id, data: frame.data }));
    };
    socket.onclose = () => {
      this.sockets.delete(id);
      this.tell({ type: "left", id, reason: "left" });
    };
    return response;
  }

  #join(socket: WebSocket): string {
    const id = `p_${this.sockets.size + 1}`;
    const participants = [...this.sockets.keys()].map((id) => ({ id, state: "active" }));
    const self = { id, state: "active" };
    this.sockets.set(id, socket);
    this.tell({ type: "participant", participant: self }, id);
    const version = this.#version;
    socket.send(JSON.stringify({ type: "welcome", self, session: "s", participants, version }));
    return id;
  }
}

/** Ada and bob in a room of a small node. */
class Call implements AsyncDisposable {
  readonly node = new SmallNode();
  readonly crowd = new Crowd({ addresses: [this.node.url.replace("http", "ws")], random: () => 0 });
  readonly people: Person[] = [];

  static async begin(): Promise<Call> {
    const call = new Call();
    for (let i = 0; i < 2; i++) {
      call.people.push(call.crowd.enter("room", "token", 0));
      await everyoneIsBack(call.crowd, call.crowd.now(), 5_000);
    }
    await call.until(() => call.wrong() === 0);
    return call;
  }

  /** How many rosters are not as they should be. */
  wrong(): number {
    return this.crowd.differences("room").size;
  }

  async until(condition: () => boolean): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setInterval(() => condition() && resolve(), 1);
    await promise;
    clearInterval(timer);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const person of this.crowd.present()) person.end("vanish");
    await this.crowd.closed();
    await this.node[Symbol.asyncDispose]();
  }
}

describe("a call on a node that keeps to the protocol", () => {
  it("has nothing wrong", async () => {
    await using call = await Call.begin();
    const { crowd, node } = call;
    for (let i = 0; i < 50; i++) crowd.signal("x");
    const since = crowd.now();
    const results = await Promise.all([
      signalsArrive(crowd, since, 5_000),
      clientsAgree(crowd, since, 5_000),
      restAgrees(crowd, [node], since, 5_000),
      gaugesAgree(crowd, [node], since, 5_000),
    ]);
    assertEquals(results.flatMap(({ violations }) => violations), []);
    assertEquals([crowd.ledger.came, ghostsIn(crowd), crowd.violations], [50, [], []]);
  });

  it("repairs signals that are lost or doubled on the way", async () => {
    await using call = await Call.begin();
    let count = 0;
    call.node.relay = (to, text) => {
      for (let i = 0; i < count++ % 3; i++) to.send(text);
    };
    for (let i = 0; i < 20; i++) call.crowd.signal("x");
    const { violations } = await signalsArrive(call.crowd, call.crowd.now(), 20_000);
    assertEquals([violations, call.crowd.ledger.violations], [[], []]);
  });
});

describe("a call on a node that does not", () => {
  it("shows signals that never arrive", async () => {
    await using call = await Call.begin();
    call.node.relay = () => {};
    call.crowd.signal("x");
    const { violations } = await signalsArrive(call.crowd, call.crowd.now(), 50);
    assertMatch(
      textOf(violations),
      /links have lost signals: signals 1 to 1 from p_1 on node 1 to p_2 on/,
    );
  });

  it("shows a signal that comes twice", async () => {
    await using call = await Call.begin();
    const [ada, bob] = call.people;
    call.crowd.signal("x");
    await call.until(() => call.crowd.ledger.came === 1);
    call.crowd.delivered(bob!, ada!.id!, { number: 1 });
    assertEquals(call.crowd.ledger.violations.length, 1);
  });

  it("shows someone who is told to have left and has not", async () => {
    await using call = await Call.begin();
    call.node.tell({ type: "left", id: "p_2", reason: "lost" }, "p_2");
    await call.until(() => call.wrong() === 1);
    assertEquals([...call.crowd.wrongLefts.values()].map(({ id, awayMs }) => [id, awayMs]), [
      ["p_2", 0],
    ]);
    const { violations } = await clientsAgree(call.crowd, call.crowd.now(), 50);
    assertMatch(textOf(violations), /room, roster of p_1: p_2 is here, seen not/);
  });

  it("shows someone who is sent away for good, and everyone who then has the wrong roster", async () => {
    await using call = await Call.begin();
    const [, bob] = call.people;
    call.node.sockets.get("p_2")!.send(JSON.stringify({ type: "error", code: "room_ended" }));
    call.node.sockets.get("p_2")!.close(4404);
    await call.until(() => bob!.isOver);
    assertMatch(call.crowd.violations.join(), /got the error room_ended.*away for good: 4404/);
  });

  it("shows a ghost, and for how long it was seen", async () => {
    await using call = await Call.begin();
    call.node.sockets.get("p_2")!.onclose = null;
    call.crowd.end(call.people[1]!, "vanish");
    const seen = () => {
      call.crowd.lookForGhosts();
      return call.crowd.ghosts.get("p_2")!.seenMs;
    };
    await call.until(() => seen() > 5);
  });

  it("shows a stranger, in rosters and over REST", async () => {
    await using call = await Call.begin();
    const { crowd, node } = call;
    node.tell({ type: "participant", participant: { id: "p_9", state: "away" } });
    await call.until(() => call.wrong() === 2);
    assertMatch(
      textOf(ghostsIn(crowd)),
      /are wrong at the end: room, roster of p_1.*roster of p_2/,
    );
  });

  it("shows REST that says something else", async () => {
    await using call = await Call.begin();
    const { crowd, node } = call;
    node.sockets.delete("p_2");
    const rest = await restAgrees(crowd, [node], crowd.now(), 50);
    assertMatch(textOf(rest.violations), /room, REST of node 1: p_2 is here, seen not/);
    const gauges = await gaugesAgree(crowd, [node], crowd.now(), 50);
    assertEquals(gauges.violations[0]!.cases.length, 2);
  });
});
