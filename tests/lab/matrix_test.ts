import { afterAll, beforeAll, describe, it } from "@std/testing/bdd";
import { becomes } from "../helpers/becomes.ts";
import { NAT_KINDS, type NatKind } from "./nat.ts";
import { isRelayed, type Path } from "./paths.ts";
import type { LabNode } from "./public/node.ts";
import { Stage } from "./stage.ts";

/** Each pair of kinds once. */
const PAIRS = NAT_KINDS.flatMap((one, i) =>
  NAT_KINDS.slice(i).map((other) => [one, other] as const)
);

/** Whether two hosts behind these can meet without a TURN server. */
function canMeet(one: NatKind, other: NatKind): boolean {
  const kinds = [one, other];
  if (kinds.includes("udp_blocked")) return false;
  if (kinds.includes("ipv6")) return one === other;
  if (kinds.includes("routed")) return true;
  return !kinds.includes("symmetric");
}

/** How a host reaches an SFU at a public address: Janus has IPv4 only, the embedded one both. */
function wayTo(sfu: "janus" | "embedded", kind: NatKind): string {
  switch (kind) {
    case "routed":
      return "direct";
    case "cone":
    case "symmetric":
      return "translated";
    case "udp_blocked":
      return "relayed over tcp";
    case "ipv6":
      return sfu === "janus" ? "relayed over udp" : "direct";
  }
}

/** What a path is called by {@linkcode wayTo}. */
function wayOf({ local, relayProtocol }: Path): string {
  if (local === "relay") return `relayed over ${relayProtocol}`;
  return local === "host" ? "direct" : "translated";
}

/** A browser takes the first path that works, and leaves it for a better one that was slower to be found. */
const settlesOn = <T>(ask: () => Promise<T>, expected: T) =>
  becomes(ask, expected, { withinMs: 10_000 });

describe("the connectivity matrix", () => {
  let stage: Stage;
  const nodes: Partial<Record<"janus" | "embedded", LabNode>> = {};

  beforeAll(async () => {
    const hosts = NAT_KINDS.flatMap((kind) => [[`${kind}1`, kind], [`${kind}2`, kind]] as const);
    stage = await Stage.set({ hosts: Object.fromEntries(hosts), sfu: "janus" });
    nodes.janus = stage.lab.nodes[0];
    nodes.embedded = await stage.lab.addNode({ SFU_URLS: "embedded:" });
  });
  afterAll(() => stage[Symbol.asyncDispose]());

  for (const [one, other] of PAIRS) {
    const direct = canMeet(one, other);
    it(`${one} and ${other} meet ${direct ? "directly" : "at the TURN server"}`, async () => {
      await using call = await stage.call([`${one}1`, `${other}2`]);
      await call.stands("mesh");
      await settlesOn(async () => (await call.paths("mesh")).some(isRelayed), !direct);
    });
  }

  for (const sfu of ["janus", "embedded"] as const) {
    for (const kind of NAT_KINDS) {
      const way = wayTo(sfu, kind);
      it(`${kind} reaches the SFU (${sfu}), ${way}`, async () => {
        await using call = await stage.call([`${kind}1`, "routed2"], {
          mode: "sfu",
          node: nodes[sfu],
        });
        await call.stands("sfu");
        await settlesOn(async () => wayOf(await call.path(`${kind}1`, "sfu")), way);
      });
    }
  }
});
