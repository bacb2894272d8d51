import { type Addresses, addressesOf, ETHERNET, PUBLIC } from "./addresses.ts";
import { type NatKind, rulesOf } from "./nat.ts";
import { type Namespace, programOf } from "./namespace.ts";
import { NFT } from "../../tools/test/requirements.ts";
import type { PublicNetwork } from "./public/network.ts";
import type { Wires } from "./wire/wires.ts";

/** The device of a router towards its host, and towards the public part. */
const LAN = "lan";
const WAN = "wan";

/** A router with a network of its own: in there is one host, or none when the host is elsewhere. */
export class Router {
  #visits = 0;

  private constructor(
    readonly kind: NatKind,
    readonly namespace: Namespace,
    readonly addresses: Addresses,
    /** Name of the wire to its host. */
    readonly wire: string,
    readonly wires: Wires,
  ) {}

  /** Makes it in an empty namespace. @param number of the router, from 1 to 200 */
  static async in(
    namespace: Namespace,
    kind: NatKind,
    { number, outside, wires }: { number: number; outside: PublicNetwork; wires: Wires },
  ): Promise<Router> {
    const addresses = addressesOf(number, kind === "ipv6" ? 6 : 4);
    const { family, wan, prefix } = addresses;
    await namespace.set(
      family === 4
        ? { "ipv4/ip_forward": 1, "ipv6/conf/all/disable_ipv6": 1 }
        : { "ipv6/conf/all/forwarding": 1 },
    );
    await outside.plug(`port${number}`, { namespace, device: WAN });
    await namespace.ip(
      `addr add ${wan}/${prefix} dev ${WAN}${family === 6 ? " nodad" : ""}`,
      `link set ${WAN} up`,
      family === 4 ? `route add 0.0.0.0/0 via ${PUBLIC.v4}` : `route add ::/0 via ${PUBLIC.v6}`,
    );
    const rules = rulesOf(kind);
    if (rules === undefined) await outside.route(addresses);
    else await namespace.run([await programOf(NFT), "-f", "-"], rules);
    return new Router(kind, namespace, addresses, namespace.name, wires);
  }

  /** Lets a host in: it gets a device, an address that it did not have before, and this router as its way to all else. */
  async admit(host: Namespace, device: string): Promise<string> {
    const { family, lan, prefix } = this.addresses;
    const address = this.addresses.host(this.#visits++);
    await this.wires.open(
      this.wire,
      { namespace: host.name, device },
      { namespace: this.namespace.name, device: LAN },
    );
    const nodad = family === 6 ? " nodad" : "";
    await this.namespace.ip(
      `link set ${LAN} address ${ETHERNET.router}`,
      `addr add ${lan}/${prefix} dev ${LAN}${nodad}`,
      `link set ${LAN} up`,
      `neigh add ${address} lladdr ${ETHERNET.host} dev ${LAN} nud permanent`,
    );
    await host.ip(
      // No address but the one that it is given: one more that came a second later, a browser would take for another network.
      `link set ${device} addrgenmode none`,
      `link set ${device} address ${ETHERNET.host}`,
      `addr add ${address}/${prefix} dev ${device}${nodad}`,
      `link set ${device} up`,
      `neigh add ${lan} lladdr ${ETHERNET.router} dev ${device} nud permanent`,
      `route add ${family === 4 ? "0.0.0.0/0" : "::/0"} via ${lan}`,
    );
    return address;
  }

  /** Gives the host another address that it did not have before, on the device that it has. */
  async readdress(host: Namespace, device: string): Promise<string> {
    const { family, lan, prefix } = this.addresses;
    const address = this.addresses.host(this.#visits++);
    await this.namespace.ip(
      `neigh add ${address} lladdr ${ETHERNET.host} dev ${LAN} nud permanent`,
    );
    await host.ip(
      `addr flush dev ${device}`,
      `addr add ${address}/${prefix} dev ${device}${family === 6 ? " nodad" : ""}`,
      `route add ${family === 4 ? "0.0.0.0/0" : "::/0"} via ${lan}`,
    );
    return address;
  }

  /** Loses everything of a protocol without a word, both ways, until the returned function is called. */
  async block(protocol: "tcp" | "udp"): Promise<() => Promise<void>> {
    const nft = await programOf(NFT);
    const rules = `table inet block {
      chain forward { type filter hook forward priority -10; meta l4proto ${protocol} drop; }
    }`;
    await this.namespace.run([nft, "-f", "-"], rules);
    return async () => {
      await this.namespace.run([nft, "delete", "table", "inet", "block"]);
    };
  }

  /** Takes the host's device away. */
  async dismiss(): Promise<void> {
    await this.wires.close(this.wire);
  }
}
