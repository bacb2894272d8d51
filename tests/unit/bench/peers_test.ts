import { assertEquals, assertStringIncludes } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { verdict } from "../../bench/report/figure.ts";
import { report } from "../../bench/targets/t2_peers.ts";
import { round } from "./round.ts";

/** Signals per second of CPU. */
const READ = {
  service: 30_000,
  "bare Deno relay": 28_000,
  "PeerJS server": 12_000,
  "Socket.IO": 10_000,
  "y-webrtc": 8_000,
  "y-webrtc, a topic each": 16_000,
};

describe("the service beside its peers", () => {
  const rounds = new Map(Object.entries(READ).map(([name, read]) => [name, [round(read)]]));
  const figures = report({ rounds, counted: "5 rounds" }, 6_000, "peer 1.0.2");
  const [held, bare, ...compared] = figures;

  it("is held to the best that is spoken to as its own client does", () => {
    assertEquals(held!.kind === "measured" && held!.value, 2.5);
    assertStringIncludes(held!.kind === "measured" ? held!.note! : "", "the best is PeerJS server");
  });

  it("has beside it what the runtime leaves room for", () => {
    assertEquals(bare!.what, "  bare Deno relay, to the best peer");
    assertEquals(bare!.kind === "measured" && bare!.value, 28 / 12);
    assertEquals(verdict(bare!), "to compare");
  });

  it("has all of them beside it to compare", () =>
    assertEquals(compared.map(({ what }) => what.trim()), Object.keys(READ)));
});
