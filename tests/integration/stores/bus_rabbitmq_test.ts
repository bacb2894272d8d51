import { afterAll, beforeAll, describe } from "@std/testing/bdd";
import { busFromUrl } from "../../../lib/bus/open.ts";
import { BUS_POLICY } from "../../../lib/bus/policy.ts";
import { busContract } from "../../contract/bus.ts";
import { busOutageContract } from "../../contract/bus_outages.ts";
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
});
