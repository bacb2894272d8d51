/**
 * Who has which address in a lab.
 *
 * @module
 */

/** The public part: everything there listens here. (Both are kept for documentation, RFC 5737 and RFC 3849.) */
export const PUBLIC = { v4: "198.51.100.1", v6: "2001:db8::1" };

/** Ports of what is there. */
export const PORTS = {
  service: 8000,
  pages: 8080,
  janus: 8188,
  janusAdmin: 7188,
  turn: 3478,
  turnTls: 5349,
};

/** Ethernet addresses of both ends of each access link: known to each other, so that no question for them gets lost. */
export const ETHERNET = { host: "02:00:00:00:00:02", router: "02:00:00:00:00:01" };

/** Addresses of one family around the router of a number from 1 to 200. */
export interface Addresses {
  /** For `ip`: `-4` or `-6`. */
  readonly family: 4 | 6;
  /** Of the router, outside and inside, and of the host the n-th time that it comes. */
  readonly wan: string;
  readonly lan: string;
  host(visit: number): string;
  /** The network inside, as a route. */
  readonly network: string;
  /** How many bits of an address name its network. */
  readonly prefix: number;
}

export function addressesOf(router: number, family: 4 | 6): Addresses {
  const [outside, inside] = family === 4
    ? ["198.51.100.", `10.0.${router}.`]
    : ["2001:db8::", `2001:db8:${router}::`];
  return {
    family,
    wan: `${outside}${family === 4 ? 10 + router : `a:${router}`}`,
    lan: `${inside}1`,
    // Another one each time, as from a DHCP server that has given the old one away.
    host: (visit) => `${inside}${2 + visit % 200}`,
    network: family === 4 ? `${inside}0/24` : `${inside}/64`,
    prefix: family === 4 ? 24 : 64,
  };
}
