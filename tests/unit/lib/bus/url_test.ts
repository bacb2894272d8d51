import { assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import {
  type BusUrl,
  BusUrlError,
  describe as name,
  parseBusUrl,
} from "../../../../lib/bus/url.ts";

const none = { username: undefined, password: undefined, path: "" };

describe("BUS_URL", () => {
  it("names the carrier and where it is", () => {
    const table: [string, Partial<BusUrl>][] = [
      ["nats://h:1", { carrier: "nats", scheme: "nats", hostname: "h", port: 1 }],
      ["nats://h", { carrier: "nats", scheme: "nats", hostname: "h", port: 4222 }],
      ["nats://h/", { carrier: "nats", scheme: "nats", hostname: "h", port: 4222 }],
      ["ws://h", { carrier: "nats", scheme: "ws", hostname: "h", port: 80 }],
      ["wss://h/nats", { carrier: "nats", scheme: "wss", hostname: "h", port: 443, path: "nats" }],
      ["amqp://h", { carrier: "rabbitmq", scheme: "amqp", hostname: "h", port: 5672 }],
      ["amqps://h/%2Fv", {
        carrier: "rabbitmq",
        scheme: "amqps",
        hostname: "h",
        port: 5671,
        path: "%2Fv",
      }],
      ["nats://[::1]:2", { carrier: "nats", scheme: "nats", hostname: "::1", port: 2 }],
    ];
    for (const [text, url] of table) assertEquals(parseBusUrl(text), { ...none, ...url } as BusUrl);
  });

  it("may hold credentials, percent-encoded", () => {
    const { username, password } = parseBusUrl("amqp://us%40er:p%3Ass@h");
    assertEquals([username, password], ["us@er", "p:ss"]);
  });

  it("is named without credentials", () => {
    assertEquals(name(parseBusUrl("nats://user:pass@h:1")), "NATS at h:1");
    assertEquals(name(parseBusUrl("amqp://user:pass@[::1]")), "RabbitMQ at [::1]:5672");
  });

  it("that cannot be used is refused in one line that holds no credentials", () => {
    const schemes =
      "nats://host:port, ws://host:port or wss://host:port (NATS), or amqp://host:port or amqps://host:port (RabbitMQ)";
    const table = [
      ["", `""; expected ${schemes}`],
      ["localhost:4222", `"localhost:4222"; expected ${schemes}`],
      ["redis://:secret@h", `"redis://***@h"; expected ${schemes}`],
      ["user:secret@h:1", `"***@h:1"; expected ${schemes}`],
      ["nats://", `"nats://"; expected ${schemes}`],
      ["nats://u:s@cret@h:99999", `"nats://***@h:99999"; expected ${schemes}`],
      ["amqp://h?password=secret", `"amqp://h?***"; expected a URL without a query and a fragment`],
      ["nats://h/x", `"nats://h/x"; expected no path after host:port, because NATS has none`],
      ["amqp://a%zz:secret@h", `"amqp://***@h"; expected user and password percent-encoded`],
    ];
    for (const [text, rest] of table) {
      const { message } = assertThrows(() => parseBusUrl(text!), BusUrlError);
      assertEquals(message, `Cannot start: BUS_URL held ${rest}`);
    }
  });
});
