import { assertEquals, assertThrows } from "@std/assert";
import { DEFAULT_HOSTS, readHosts } from "../../lab/play/plan.ts";

Deno.test("hosts are read with their networks, the first of which they are in", () => {
  assertEquals(readHosts(["ada=wifi:cone,mobile:symmetric", "bob=home:routed"]), {
    ada: { wifi: { nat: "cone" }, mobile: { nat: "symmetric" } },
    bob: { home: { nat: "routed" } },
  });
});

Deno.test("there are hosts where none are asked for", () => {
  assertEquals(Object.keys(readHosts(DEFAULT_HOSTS)), ["ada", "bob", "cleo", "dan"]);
});

Deno.test("what is no host is refused, with what was expected", () => {
  for (
    const [arg, message] of [
      ["ada", 'got "ada"; expected name=network:kind'],
      ["ada=cone", "expected name=network:kind"],
      ["ada=lo:cone", "expected name=network:kind"],
      ["Ada=wifi:cone", "expected name=network:kind"],
      [
        "ada=wifi:full",
        'expected a kind of routed, cone, symmetric, udp_blocked, ipv6 after "wifi:"',
      ],
    ] as const
  ) {
    assertThrows(() => readHosts([arg]), RangeError, message);
  }
});
