import { afterAll, beforeAll, describe } from "@std/testing/bdd";
import { busFromUrl } from "../../../lib/bus/open.ts";
import { busContract } from "../../contract/bus.ts";
import { busOutageContract } from "../../contract/bus_outages.ts";
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
});
