/**
 * A client that was written from docs/protocol.md alone, in a call with one that uses the SDK. It takes nothing from
 * this project, not even types: what it needs and cannot find there is missing there.
 */
import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { Api } from "../helpers/api.ts";
import { launchBrowser, waitFor } from "../helpers/browser.ts";
import { startService } from "../helpers/service.ts";
import { joinFrom, serveCallPage } from "./call_page.ts";

/** The wire as it comes, without our types. */
type Json = ReturnType<typeof JSON.parse>;

/** "Talking to each other" and "The envelope of the SDK" of docs/protocol.md. */
class StrangersClient {
  readonly items: Json[] = [];
  /** How often a frame brought nothing new. */
  repeated = 0;
  /** Highest number that the other has acknowledged of our messages. */
  acknowledged = 0;
  welcome: Json;
  /** Whether it answers what it receives. */
  acknowledges = true;
  readonly #socket: WebSocket;
  readonly #received: Record<string, number> = { signal: 0, message: 0 };
  #changed = Promise.withResolvers<void>();

  constructor(url: string, token: string) {
    this.#socket = new WebSocket(`${url.replace("http", "ws")}/v1/signal`);
    this.#socket.onopen = () => this.#send({ type: "join", token });
    this.#socket.onmessage = ({ data }) => {
      this.#take(JSON.parse(data));
      this.#changed.resolve();
      this.#changed = Promise.withResolvers();
    };
  }

  /** Waits until something that frames tell has become so. */
  async until(isSo: () => boolean): Promise<void> {
    while (!isSo()) await this.#changed.promise;
  }

  /** Sends a data frame of the message link as it is given: the caller counts. */
  sendItems(to: string, seq: number, items: Json[]): void {
    this.#send({ type: "message", to, data: { seq, base: 1, items } });
  }

  acknowledge(to: string, of: string): void {
    this.#send({ type: "signal", to, data: { ack: this.#received[of], of } });
  }

  async leave(): Promise<number> {
    const { promise, resolve } = Promise.withResolvers<number>();
    this.#socket.onclose = ({ code }) => resolve(code);
    this.#send({ type: "leave" });
    return await promise;
  }

  #send(frame: Json): void {
    this.#socket.send(JSON.stringify(frame));
  }

  #take(frame: Json): void {
    if (frame.type === "welcome") this.welcome = frame;
    if (frame.type === "ping") this.#send({ type: "pong" });
    if (frame.type !== "signal" && frame.type !== "message") return;
    const { type, from, data } = frame;
    if ("ack" in data) {
      if (data.of === "message") this.acknowledged = data.ack;
      return;
    }
    const expected = Math.max(this.#received[type]! + 1, data.base);
    const news = data.seq > expected ? [] : data.items.slice(expected - data.seq);
    this.#received[type] = expected - 1 + news.length;
    if (type === "message") {
      this.items.push(...news);
      if (news.length === 0) this.repeated++;
    }
    if (this.acknowledges) this.acknowledge(from, type);
  }
}

describe("a client without the SDK", () => {
  it("talks with one that has it, by the protocol's page alone", async () => {
    await using service = await startService();
    await using site = serveCallPage(service.url);
    await using browser = await launchBrowser();
    const api = Api.over(service.url);
    const room = (await api.makeRoom()).id;
    await using ada = await joinFrom(browser, site.url, {
      url: service.url,
      token: await api.makeToken(room, "ada"),
      media: false,
    });
    const stranger = new StrangersClient(service.url, await api.makeToken(room, "stranger"));
    await stranger.until(() => stranger.welcome !== undefined);
    const [other] = stranger.welcome.participants;
    assertEquals(other.identity, "ada");
    await waitFor(ada.page, () => globalThis.call.participants.size === 1);

    // From the SDK: what is not acknowledged is sent again; `send` ends when it is.
    stranger.acknowledges = false;
    await ada.page.evaluate(() =>
      Object.assign(globalThis, { sending: globalThis.call.send({ hello: 1 }) })
    );
    await stranger.until(() => stranger.repeated > 0);
    assertEquals(stranger.items, [{ hello: 1 }]);
    stranger.acknowledges = true;
    for (const  of of["message", "signal"]) stranger.acknowledge(other.id, of);
    await ada.page.evaluate(() => (globalThis as unknown as { sending: Promise<void> }).sending);
    await ada.page.evaluate(() => Promise.all([2, 3, 4].map((n) => globalThis.call.send(n))));
    assertEquals(stranger.items, [{ hello: 1 }, 2, 3, 4]);

    // To the SDK: out of order, doubled, and then in order.
    stranger.sendItems(other.id, 3, ["three"]);
    stranger.sendItems(other.id, 1, ["one"]);
    stranger.sendItems(other.id, 1, ["one", "two"]);
    await stranger.until(() => stranger.acknowledged === 2);
    stranger.sendItems(other.id, 3, ["three"]);
    await stranger.until(() => stranger.acknowledged === 3);
    const said = await ada.page.evaluate(() => globalThis.said);
    assertEquals(said, ["one", "two", "three"].map((data) => ({ from: "stranger", data })));

    assertEquals(await stranger.leave(), 1000);
    await waitFor(ada.page, () => globalThis.happened.includes("left stranger"));
    assertEquals(ada.errors.filter((error) => !error.includes("favicon")), []);
  });
});
