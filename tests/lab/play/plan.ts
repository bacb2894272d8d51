import { NAT_KINDS, type NatKind } from "../nat.ts";
import type { NetworkPlan } from "../host.ts";

/** Hosts by name, with the networks that each can be in. */
export type HostPlans = Record<string, Record<string, NetworkPlan>>;

/** What there is where nothing else is asked for. */
export const DEFAULT_HOSTS = [
  "ada=wifi:cone,mobile:symmetric",
  "bob=wifi:cone,mobile:symmetric",
  "cleo=office:udp_blocked",
  "dan=home:routed",
];

const FORM = "name=network:kind,... such as ada=wifi:cone,mobile:symmetric";

/**
 * Reads `ada=wifi:cone,mobile:symmetric bob=home:routed`, one host an argument.
 *
 * @throws {RangeError} with what was expected.
 */
export function readHosts(args: readonly string[]): HostPlans {
  const plans: HostPlans = {};
  for (const arg of args) {
    const [, name, networks] = /^([a-z][a-z0-9]{0,9})=(.+)$/.exec(arg) ?? [];
    if (name === undefined || networks === undefined) throw expected(arg, FORM);
    plans[name] = Object.fromEntries(networks.split(",").map((item) => readNetwork(arg, item)));
  }
  return plans;
}

function readNetwork(arg: string, item: string): [string, NetworkPlan] {
  const [, network, kind] = /^([a-z][a-z0-9]{0,9}):(\w+)$/.exec(item) ?? [];
  if (network === undefined || network === "lo") throw expected(arg, FORM);
  if (isKind(kind)) return [network, { nat: kind }];
  throw expected(arg, `a kind of ${NAT_KINDS.join(", ")} after "${network}:"`);
}

function isKind(text: string | undefined): text is NatKind {
  return (NAT_KINDS as readonly (string | undefined)[]).includes(text);
}

function expected(got: string, what: string): RangeError {
  return new RangeError(`Cannot set up the lab: got "${got}"; expected ${what}`);
}
