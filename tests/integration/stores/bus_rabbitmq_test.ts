import { assert } from "@std/assert";
import { afterAll, beforeAll, describe, it } from "@std/testing/bdd";
import { busFromUrl } from "../../../lib/bus/open.ts";
import { BUS_POLICY } from "../../../lib/bus/policy.ts";
import { busContract } from "../../contract/bus.ts";
import { busOutageContract } from "../../contract/bus_outages.ts";
import { refusal } from "../../helpers/bus_load.ts";
import { type RabbitmqServer, startRabbitmq } from "../../helpers/rabbitmq_server.ts";

describe("RabbitMQ", () => {
  let server: RabbitmqServer;

  beforeAll(async () => {
    server = await startRabbitmq();
  });
  afterAll(async () => await server[Symbol.asyncDispose]());

  busContract("RabbitMQ", async () => {
    const [near, far] = await Promise.all([busFromUrl(server.url), busFromUrl(server.url)]);
    return { near, far };
  });

  // So that a receiver that does not read is soon behind.
  const policy = { ...BUS_POLICY, rabbitmq: { queueBytes: 4_194_304, prefetch: 8 } };
  busOutageContract("RabbitMQ", () => ({
    ...server,
    connect: (url) => busFromUrl(url, policy),
  }));

  it("says when the credentials are wrong", async () => {
    const bus = await busFromUrl(server.url.replace("guest:guest", "guest:wrong-secret"));
    try {
      const message = await refusal(bus, /ACCESS_REFUSED|ACCESS-REFUSED/);
      assert(!message.includes("secret"));
    } finally {
      await bus.close();
    }
  });

  it("says when there is no such virtual host", async () => {
    const bus = await busFromUrl(`${server.url}/nowhere`);
    try {
      await refusal(bus, /it has no virtual host "nowhere"/);
    } finally {
      await bus.close();
    }
  });
});
