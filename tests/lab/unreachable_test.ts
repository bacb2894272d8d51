import { assertEquals } from "@std/assert";
import { afterAll, beforeAll, describe, it } from "@std/testing/bdd";
import type { Page } from "playwright-core";
import { perceives, sees } from "../e2e/call_page.ts";
import { waitFor } from "../helpers/browser.ts";
import { Stage, type StagedCall } from "./stage.ts";

/** Between the two who are behind symmetric NATs there is no path without a TURN server. */
const HOSTS = ["ada", "bob", "cleo"];
const NO_TURN = "turn:198.51.100.9:3478";
const LIMIT_MS = 30_000;

function connectionTo(page: Page, identity: string, connection: string): Promise<unknown> {
  return waitFor(
    page,
    ({ identity, connection }) =>
      [...globalThis.call.participants.values()]
        .some((other) => other.identity === identity && other.connection === connection),
    LIMIT_MS,
    { identity, connection },
  );
}

describe("two of three who cannot reach each other", () => {
  let stage: Stage;

  beforeAll(async () => {
    stage = await Stage.set({
      hosts: { ada: "symmetric", bob: "symmetric", cleo: "routed" },
      sfu: "janus",
      env: { TURN_URLS: NO_TURN },
    });
  });
  afterAll(() => stage[Symbol.asyncDispose]());

  it("are lifted to an SFU with their call", async () => {
    await using call = await stage.call(HOSTS, { mode: "auto" });
    await Promise.all(
      HOSTS.map((host) => sees(call.page(host), "topology sfu unconnected", LIMIT_MS)),
    );
    await call.stands("sfu");
  });

  it("are told where there is no SFU, and the third one goes on with both", async () => {
    const node = await stage.lab.addNode({ SFU_URLS: "none" });
    await using call = await stage.call(HOSTS, { mode: "auto", node });
    const told = async (call: StagedCall, here: string, there: string) => {
      await sees(call.page(here), "warning no_path", LIMIT_MS);
      await connectionTo(call.page(here), there, "failed");
    };
    await Promise.all([told(call, "ada", "bob"), told(call, "bob", "ada")]);
    await perceives(call.page("cleo"), ["ada", "bob"]);
    await Promise.all(["ada", "bob"].map((host) => perceives(call.page(host), ["cleo"])));
    assertEquals(
      (await call.page("cleo").evaluate(() => globalThis.happened))
        .filter((event) => event.startsWith("warning")),
      [],
    );
  });
});
