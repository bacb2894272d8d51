import { assertEquals, assertMatch } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import { clientAddress } from "../../../lib/client_address.ts";

const peer = (hostname: string): Deno.NetAddr => ({ transport: "tcp", hostname, port: 50_000 });
const PROXY = peer("10.0.0.1");

describe("the address of a connection's peer", () => {
  const table: [peer: string, address: string][] = [
    ["192.0.2.1", "192.0.2.1"],
    ["::ffff:192.0.2.1", "192.0.2.1"],
    ["::FFFF:c000:0201", "192.0.2.1"],
    ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
    ["2001:DB8:0001:0002::ffff", "2001:db8:1:2::/64"],
    ["2001:db8::1", "2001:db8:0:0::/64"],
    ["::1", "0:0:0:0::/64"],
    ["::", "0:0:0:0::/64"],
    ["2001:db8:1:2:3:4:192.0.2.1", "2001:db8:1:2::/64"],
    ["fe80::1%eth0", "fe80:0:0:0::/64"],
    ["localhost", "unknown"],
    ["", "unknown"],
  ];
  for (const [hostname, address] of table) {
    it(`"${hostname}" is ${address}`, () => {
      const origin = { remote: peer(hostname), forwardedFor: undefined };
      assertEquals(clientAddress(origin, 0), address);
    });
  }

  it("is unknown where there is no network between", () => {
    const remote: Deno.UnixAddr = { transport: "unix", path: "/run/meshlift" };
    assertEquals(clientAddress({ remote, forwardedFor: undefined }, 0), "unknown");
    assertEquals(clientAddress({ remote: undefined, forwardedFor: undefined }, 0), "unknown");
  });
});

describe("the address behind trusted proxies", () => {
  const table: [hops: number, forwardedFor: string, address: string][] = [
    [0, "192.0.2.1", "10.0.0.1"],
    [1, "192.0.2.1", "192.0.2.1"],
    [1, "203.0.113.9, 192.0.2.1", "192.0.2.1"],
    [2, "203.0.113.9, 192.0.2.1,10.0.0.2", "192.0.2.1"],
    [3, "192.0.2.1, 10.0.0.2", "10.0.0.1"],
    [1, "", "10.0.0.1"],
    [1, "192.0.2.1,", "10.0.0.1"],
    [1, "192.0.2.1:4711", "192.0.2.1"],
    [1, "[2001:db8:1:2::3]:4711", "2001:db8:1:2::/64"],
    [1, "[2001:db8:1:2::3]", "2001:db8:1:2::/64"],
    [1, "[fe80::1%eth0]:80", "fe80:0:0:0::/64"],
    [1, "2001:db8:1:2::3", "2001:db8:1:2::/64"],
    [1, "  192.0.2.1\t", "192.0.2.1"],
    [1, "unknown", "10.0.0.1"],
    [1, "192.0.2.256", "10.0.0.1"],
    [1, "192.0.2", "10.0.0.1"],
    [1, "010.0.0.7", "10.0.0.1"],
    [1, "0x7f.1", "10.0.0.1"],
    [1, "3221225985", "10.0.0.1"],
    [1, "2001:db8::1::2", "10.0.0.1"],
    [1, "[192.0.2.1]", "10.0.0.1"],
    [1, "[2001:db8::1", "10.0.0.1"],
    [1, "192.0.2.1; DROP", "10.0.0.1"],
  ];
  for (const [hops, forwardedFor, address] of table) {
    it(`${hops} in front, "${forwardedFor}" is ${address}`, () => {
      assertEquals(clientAddress({ remote: PROXY, forwardedFor }, hops), address);
    });
  }

  it("is the proxy's where it sends no header", () => {
    assertEquals(clientAddress({ remote: PROXY, forwardedFor: undefined }, 1), "10.0.0.1");
  });

  it("is always an address, whatever the header holds", () => {
    const entry = fc.oneof(fc.string(), fc.ipV4(), fc.ipV6());
    fc.assert(fc.property(fc.array(entry), fc.nat(4), (entries, hops) => {
      const address = clientAddress({ remote: PROXY, forwardedFor: entries.join(",") }, hops);
      assertMatch(address, /^(\d{1,3}(\.\d{1,3}){3}|[0-9a-f]{1,4}(:[0-9a-f]{1,4}){3}::\/64)$/);
    }));
  });

  it("is the same for all of a /64, and another for another", () => {
    const group = fc.integer({ min: 0, max: 0xffff }).map((n) => n.toString(16));
    const half = fc.tuple(group, group, group, group);
    const of = (groups: string[]) =>
      clientAddress({ remote: peer(groups.join(":")), forwardedFor: undefined }, 0);
    fc.assert(fc.property(half, half, half, (network, one, other) => {
      // Those that begin with a zero could be IPv4 in another form.
      fc.pre(network[0] !== "0" && one[0] !== "0");
      assertEquals(of([...network, ...one]), of([...network, ...other]));
      assertEquals(
        of([...network, ...one]) === of([...one, ...network]),
        `${network}` === `${one}`,
      );
    }));
  });
});
