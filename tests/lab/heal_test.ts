import { assert, assertEquals } from "@std/assert";
import { afterAll, beforeAll, describe, it } from "@std/testing/bdd";
import type { Page } from "playwright-core";
import { sees } from "../e2e/call_page.ts";
import { waitFor } from "../helpers/browser.ts";
import { isRelayed, pathsOf } from "./paths.ts";
import type { LabNode } from "./public/node.ts";
import { type CallOptions, Stage, type StagedCall } from "./stage.ts";
import { hearEachOther, type Silence, VOICE, voiceIsBack } from "./voices.ts";

/** Nobody is there. */
const NO_TURN = "turn:198.51.100.9:3478?transport=udp";
/** This machine may be busy with anything; the bench measures what is promised. */
const SOON_MS = 6_000;
const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** What each of two missed of the other round a fault that began at `since`. */
async function silences(call: StagedCall, since: number): Promise<Silence[]> {
  const [one, other] = [...call.pages.keys()] as [string, string];
  return await Promise.all([
    voiceIsBack(call.page(one), other, since),
    voiceIsBack(call.page(other), one, since),
  ]);
}

/** Resolves when both hear each other soon after `at`, of a fault that began at `since`. */
async function isBackSoon(call: StagedCall, since: number, at = since): Promise<void> {
  for (const { until } of await silences(call, since)) {
    assert(until - at < SOON_MS, `${until - at} ms`);
  }
}

/** Resolves when each page holds a lifeline of every other one. */
async function holdsLifelines(call: StagedCall): Promise<void> {
  const others = call.pages.size - 1;
  await Promise.all([...call.pages.values()].map(({ page }) =>
    waitFor(
      page,
      (others) =>
        connections.filter((one) =>
          one.signalingState === "have-remote-offer" && one.getTransceivers().length === 0
        ).length === others,
      15_000,
      others,
    )
  ));
}

/** How many connections for media a page has ever made. */
const connectionsOf = (page: Page) =>
  page.evaluate(() => connections.filter((one) => one.getTransceivers().length > 0).length);

/** Resolves when a page makes one more connection for media. */
async function makesAnother(page: Page): Promise<void> {
  const before = await connectionsOf(page);
  await waitFor(
    page,
    (before) => connections.filter((one) => one.getTransceivers().length > 0).length > before,
    20_000,
    before,
  );
}

describe("a call", () => {
  let stage: Stage;
  let shortLived: LabNode;
  let withoutTurn: LabNode;

  beforeAll(async () => {
    const moving = { wifi: { nat: "cone" }, mobile: { nat: "symmetric" } } as const;
    const hosts = { ada: "cone", bob: moving, eve: "symmetric", fay: "udp_blocked" } as const;
    stage = await Stage.set({ hosts });
    const { lab } = stage;
    shortLived = await lab.addNode({ TURN_TTL: "10", SFU_URLS: "embedded:" });
    withoutTurn = await lab.addNode({ TURN_URLS: NO_TURN });
  });
  afterAll(() => stage[Symbol.asyncDispose]());

  const talk = async (
    hosts: readonly string[],
    options: CallOptions = {},
  ): Promise<StagedCall> => {
    const call = await stage.call(hosts, { media: VOICE, ...options });
    await hearEachOther([...call.pages.values()].map(({ page }) => page));
    return call;
  };

  it("goes on when somebody's network is replaced by another, and back", async () => {
    await using call = await talk(["ada", "bob"]);
    for (const network of ["mobile", "wifi"]) {
      const at = Date.now();
      await stage.lab.host("bob").move(network);
      await isBackSoon(call, at);
    }
    assertEquals(await call.page("ada").evaluate(() => happened.includes("left bob")), false);
  });

  it("goes on when somebody's address changes on the same device", async () => {
    await using call = await talk(["ada", "bob"]);
    const at = Date.now();
    await stage.lab.host("bob").readdress();
    await isBackSoon(call, at);
  });

  for (const seconds of [3, 10, 30]) {
    it(`is heard again soon after ${seconds} s without any network`, async () => {
      await using call = await talk(["ada", "bob"]);
      const bob = stage.lab.host("bob");
      const cutAt = Date.now();
      await bob.cut();
      await wait(seconds * 1_000);
      await bob.restore();
      await isBackSoon(call, cutAt, Date.now());
      const left = await call.page("ada").evaluate(() => happened.includes("left bob"));
      assertEquals(left, seconds >= 30);
    });
  }

  it("goes on without a gap while somebody cannot reach the service, who is back at once", async () => {
    await using call = await talk(["ada", "bob"]);
    const [ada, bob] = [call.page("ada"), call.page("bob")];
    const before = await Promise.all([ada, bob].map(connectionsOf));
    const at = Date.now();
    const unblock = await stage.lab.host("bob").block("tcp");
    try {
      await sees(bob, "state reconnecting", 20_000);
    } finally {
      await unblock();
    }
    await sees(bob, "state connected", 10_000);
    for (const { ms } of await silences(call, at)) assert(ms < 1_000, `${ms} ms without a word`);
    assertEquals(await Promise.all([ada, bob].map(connectionsOf)), before);
  });

  it("finds another way when nothing gets through any more on the one that media takes", async () => {
    await using call = await talk(["ada", "bob"]);
    const at = Date.now();
    const unblock = await stage.lab.host("bob").block("udp");
    try {
      await isBackSoon(call, at);
      assert((await pathsOf(call.page("bob"))).some(isRelayed));
    } finally {
      await unblock();
    }
  });

  for (
    const [mode, hosts] of [["mesh", ["eve", "bob"]], ["sfu", ["fay", "bob"]]] as const
  ) {
    it(`has credentials of TURN servers renewed without a gap, by the ${mode}`, async () => {
      await stage.lab.host("bob").move("mobile");
      await using call = await talk(hosts, { node: shortLived, mode });
      const page = call.page(hosts[0]);
      const at = Date.now();
      await makesAnother(page);
      for (const { ms } of await silences(call, at)) assert(ms < 1_000, `${ms} ms without a word`);
      const seen = await page.evaluate(() => happened.join());
      assertEquals(seen.includes("state"), false, seen);
    });
  }

  it("goes on trying when two find no path to each other and there is no SFU", async () => {
    await stage.lab.host("bob").move("mobile");
    await using call = await stage.call(["eve", "bob"], { node: withoutTurn, media: VOICE });
    await sees(call.page("bob"), "warning no_path", 25_000);
    await stage.lab.host("bob").move("wifi");
    await makesAnother(call.page("bob"));
  });

  it("heals without any node: by the others, also when somebody's network is replaced", async () => {
    const node = await stage.lab.addNode();
    await stage.lab.host("bob").move("mobile");
    await using call = await talk(["ada", "bob", "eve"], { node });
    await holdsLifelines(call);
    await node.kill();
    for (const network of ["wifi", "mobile"]) {
      const at = Date.now();
      await stage.lab.host("bob").move(network);
      for (const other of ["ada", "eve"]) {
        const [there, here] = await Promise.all([
          voiceIsBack(call.page(other), "bob", at),
          voiceIsBack(call.page("bob"), other, at),
        ]);
        const latest = Math.max(there.until, here.until) - at;
        assert(latest < SOON_MS, `${latest} ms`);
      }
      await holdsLifelines(call);
    }
  });
});
