import { type Addresses, PUBLIC } from "../addresses.ts";
import type { Namespace } from "../namespace.ts";

/** The bridge that all routers are plugged into; where the servers are. */
const BRIDGE = "public";

/** The part of a lab that everyone reaches: one network, with the servers in it. */
export class PublicNetwork {
  /** The device that has the public addresses. */
  readonly device = BRIDGE;

  private constructor(readonly namespace: Namespace) {}

  /** Makes it in an empty namespace. */
  static async in(namespace: Namespace): Promise<PublicNetwork> {
    await namespace.set({ "ipv4/ip_forward": 1, "ipv6/conf/all/forwarding": 1 });
    await namespace.ip(
      `link add ${BRIDGE} type bridge`,
      `addr add ${PUBLIC.v4}/24 dev ${BRIDGE}`,
      `addr add ${PUBLIC.v6}/64 dev ${BRIDGE} nodad`,
      `link set ${BRIDGE} up`,
      // What goes nowhere is lost in silence, as on the internet: told that there is no route, coturn would end the
      // allocation that wanted to send.
      "link add sink type veth peer name drain",
      "link set sink arp off up",
      "link set drain arp off up",
      "route add 0.0.0.0/0 dev sink",
      "route add ::/0 dev sink",
    );
    return new PublicNetwork(namespace);
  }

  /** Connects a device of another namespace to this network. */
  async plug(
    port: string,
    { namespace, device }: { namespace: Namespace; device: string },
  ): Promise<void> {
    await this.namespace.ip(
      `link add ${port} type veth peer name ${device} netns ${namespace.name}`,
      `link set ${port} master ${BRIDGE} up`,
    );
  }

  /** Lets everyone find the network behind a router. */
  async route({ network, wan }: Addresses): Promise<void> {
    await this.namespace.ip(`route add ${network} via ${wan}`);
  }
}
