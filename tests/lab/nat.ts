/** What a router does to those behind it. */
export type NatKind = (typeof NAT_KINDS)[number];

/**
 * - `routed`: nothing; its hosts have addresses that everyone reaches.
 * - `cone`: a port-restricted cone (RFC 4787: endpoint-independent mapping, address and port-dependent filtering).
 * - `symmetric`: another port for each destination; hole punching fails between two of them, and towards a `cone`.
 * - `udp_blocked`: a cone that lets no UDP through.
 * - `ipv6`: routed, and there is no IPv4.
 */
export const NAT_KINDS = ["routed", "cone", "symmetric", "udp_blocked", "ipv6"] as const;

/** Rules for nft in a router whose outer device is `wan`; none where it only forwards. */
export function rulesOf(kind: NatKind): string | undefined {
  if (kind === "routed" || kind === "ipv6") return undefined;
  const masquerade = kind === "symmetric" ? "masquerade fully-random" : "masquerade";
  return `table ip router {
  chain translating {
    type nat hook postrouting priority srcnat
    oifname "wan" ${masquerade}
  }
  # Else the router itself would answer a stranger's packet and remember it, and the port by which its host is about to
  # meet this stranger would be taken: no hole could be punched.
  chain arriving {
    type filter hook input priority filter
    iifname "wan" ct state new drop
  }
  chain passing {
    type filter hook forward priority filter
    iifname "wan" ct state new drop
    ${kind === "udp_blocked" ? "meta l4proto udp drop" : ""}
  }
}
`;
}
