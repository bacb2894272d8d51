import { isIPv4, isIPv6 } from "node:net";

/** Stands for all whose address nobody knows: they share one. */
export const UNKNOWN_ADDRESS = "unknown";

/** What is known of where a request comes from. */
export interface Origin {
  /** The peer of the connection, as `Deno.serve` tells it. */
  remote: Deno.Addr | undefined;
  /** The header X-Forwarded-For: each proxy on the way adds its peer at the end. */
  forwardedFor: string | undefined;
}

/**
 * The address by which a caller is limited: IPv4 as it is, IPv6 as its /64, which one caller has for itself.
 *
 * `proxyHops` is the number of proxies of the operator's own in front of the service, each of which adds to
 * X-Forwarded-For. What stands before those entries the caller may have written itself. Where there are fewer entries,
 * or no address stands where it should, it is the connection's peer.
 */
export function clientAddress({ remote, forwardedFor }: Origin, proxyHops: number): string {
  const peer = remote && "hostname" in remote ? normalized(remote.hostname) : undefined;
  const entries = forwardedFor?.split(",") ?? [];
  const forwarded = proxyHops > 0 ? entries.at(-proxyHops) : undefined;
  return (forwarded === undefined ? undefined : normalized(forwarded)) ?? peer ?? UNKNOWN_ADDRESS;
}

/** IPv4, or IPv6 in brackets, each perhaps with a port; or IPv6 alone, perhaps with a zone. */
const FORMS = /^(?:([\d.]+)(?::\d+)?|\[([^\]%]+)(?:%[^\]]*)?\](?::\d+)?|([^%]+)(?:%.*)?)$/;

function normalized(text: string): string | undefined {
  const [, v4, bracketed, bare] = FORMS.exec(text.trim()) ?? [];
  if (v4 !== undefined) return isIPv4(v4) ? v4 : undefined;
  const v6 = bracketed ?? bare;
  if (v6 === undefined || !isIPv6(v6)) return undefined;
  return ofGroups(groupsOf(v6));
}

/** The eight 16-bit groups of an IPv6 address (RFC 4291 §2.2). */
function groupsOf(v6: string): number[] {
  // The URL parser writes it in one form, without an IPv4 tail.
  const [head = "", tail] = new URL(`http://[${v6}]`).hostname.slice(1, -1).split("::");
  const front = numbers(head);
  const back = numbers(tail ?? "");
  return [...front, ...Array<number>(8 - front.length - back.length).fill(0), ...back];
}

function numbers(groups: string): number[] {
  return groups === "" ? [] : groups.split(":").map((group) => parseInt(group, 16));
}

function ofGroups(groups: number[]): string {
  const [high = 0, low = 0] = groups.slice(6);
  // An IPv4 peer of a socket that listens on both (RFC 4291 §2.5.5.2).
  if (groups.slice(0, 6).join() === "0,0,0,0,0,65535") {
    return [high >> 8, high & 255, low >> 8, low & 255].join(".");
  }
  return `${groups.slice(0, 4).map((group) => group.toString(16)).join(":")}::/64`;
}
