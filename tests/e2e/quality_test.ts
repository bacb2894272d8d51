/** How the calls of people go, as their back end sees it. */
import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { becomes } from "../helpers/becomes.ts";
import { SmallCalls } from "../helpers/small_calls.ts";
import { perceives } from "./call_page.ts";

describe("the quality of a call", () => {
  it("is told by the browser to the node, and seldom", async () => {
    await using calls = await SmallCalls.start();
    const room = await calls.makeRoom();
    await using ada = await calls.enter("ada");
    const reports: number[] = [];
    await ada.page.exposeFunction("reported", () => void reports.push(Date.now()));
    await ada.page.evaluate(() => {
      const { send } = WebSocket.prototype;
      WebSocket.prototype.send = function (frame) {
        const { reported } = globalThis as unknown as { reported(): void };
        if (String(frame).startsWith('{"type":"report"')) reported();
        send.call(this, frame);
      };
    });
    await using _bob = await calls.enter("bob");
    await perceives(ada.page, ["bob"]);
    await becomes(() => reports.length >= 4, true, { withinMs: 60_000 });
    for (const [at, time] of reports.slice(1).entries()) {
      assert(time - reports[at]! > 4_500, "no two within 5 s, give or take a round of statistics");
    }
    for (const { identity, quality } of await calls.api.listParticipants(room)) {
      assertEquals(quality?.paths, { host: 1 }, identity);
      assertEquals(quality?.sending, "full");
      assert(quality!.roundTripMs! < 1_000 && quality!.loss! < 0.5);
    }
  });
});
