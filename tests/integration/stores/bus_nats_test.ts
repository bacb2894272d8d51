import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { afterAll, beforeAll, describe, it } from "@std/testing/bdd";
import { BusAwayError } from "../../../lib/bus/mod.ts";
import { busFromUrl } from "../../../lib/bus/open.ts";
import { busContract } from "../../contract/bus.ts";
import { busOutageContract } from "../../contract/bus_outages.ts";
import { numbered, openInbox } from "../../helpers/bus_inbox.ts";
import { refusal } from "../../helpers/bus_load.ts";
import { type NatsServer, startNats } from "../../helpers/nats_server.ts";

describe("NATS", () => {
  let server: NatsServer;

  beforeAll(async () => {
    // A receiver that does not read is cut off sooner than by default.
    server = await startNats(`max_pending: 4194304\nwrite_deadline: "1s"`);
  });
  afterAll(async () => await server[Symbol.asyncDispose]());

  for (
    const [name, url] of [["TCP", () => server.url], ["WebSocket", () => server.wsUrl]] as const
  ) {
    const connect = async () => {
      const [near, far] = await Promise.all([busFromUrl(url()), busFromUrl(url())]);
      return { near, far };
    };
    busContract(`NATS over ${name}`, connect);
    busOutageContract(`NATS over ${name}`, () => ({ ...server, url: url(), connect: busFromUrl }));
  }

  it("is found behind nats:// also where it serves WebSocket", async () => {
    const bus = await busFromUrl(server.wsUrl.replace("ws:", "nats:"));
    const inbox = await openInbox(bus, "n_1");
    await bus.publish("n_1", numbered(1));
    assertEquals(await inbox.received(1), [1]);
    await bus.close();
  });
});

describe("NATS with credentials", () => {
  for (
    const [name, settings, right] of [
      ["a user", "authorization { user: us, password: secret }", "us:secret"],
      ["a token", "authorization { token: secret }", "secret"],
    ] as const
  ) {
    it(`takes ${name}, and says when they are wrong`, async () => {
      await using server = await startNats(settings);
      const [bus, other] = await Promise.all([
        busFromUrl(server.url.replace("//", `//${right}@`)),
        busFromUrl(server.url.replace("//", "//us:wrong-secret@")),
      ]);
      try {
        const inbox = await openInbox(bus, "n_1");
        await bus.publish("n_1", numbered(1));
        await inbox.received(1);
        const message = await refusal(other, /authorization/i);
        assertStringIncludes(message, server.url.slice("nats://".length));
        assert(!message.includes("secret"));
        await assertRejects(() => other.publish("n_1", numbered(2)), BusAwayError);
      } finally {
        await Promise.all([bus.close(), other.close()]);
      }
    });
  }
});
