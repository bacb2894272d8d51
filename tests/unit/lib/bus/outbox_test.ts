import { assertEquals, assertRejects } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { FakeTime } from "@std/testing/time";
import { BusAwayError } from "../../../../lib/bus/mod.ts";
import { type Letter, Outbox } from "../../../../lib/bus/outbox.ts";

/** A carrier whose requests are answered by the test. */
function outbox(limits: { batchMessages?: number; batchBytes?: number } = {}) {
  const requests: { texts: string[]; answer: PromiseWithResolvers<(string | undefined)[]> }[] = [];
  let recoveries = 0;
  const outbox = new Outbox({
    send: (batch) => {
      const answer = Promise.withResolvers<(string | undefined)[]>();
      requests.push({ texts: batch.map(({ text }) => text), answer });
      return answer.promise;
    },
    recovered: () => recoveries++,
    batchMessages: 1_000,
    batchBytes: 1_000_000,
    timeoutMs: 2_000,
    pauseMs: 500,
    ...limits,
  });
  const put = (text: string) => outbox.put({ channel: "c", text } satisfies Letter);
  /** Says that the carrier took all of a request. */
  const take = async (i: number) => {
    requests[i]!.answer.resolve(requests[i]!.texts.map(() => undefined));
    await settled();
  };
  return { outbox, requests, put, take, recoveries: () => recoveries };
}

/** Lets everything run that waits for no time. */
async function settled(): Promise<void> {
  for (let i = 0; i < 20; i++) await Promise.resolve();
}

describe("an outbox", () => {
  it("sends what comes in one turn by one request, and what comes meanwhile by the next", async () => {
    const { requests, put, take } = outbox();
    const sent = [put("1"), put("2")];
    await settled();
    sent.push(put("3"), put("4"));
    await settled();
    assertEquals(requests.map(({ texts }) => texts), [["1", "2"]]);
    await take(0);
    assertEquals(requests.map(({ texts }) => texts), [["1", "2"], ["3", "4"]]);
    await take(1);
    await Promise.all(sent);
  });

  it("bounds a request by messages and by bytes, but sends one that is larger", async () => {
    const byCount = outbox({ batchMessages: 2 });
    for (const text of ["1", "2", "3"]) byCount.put(text);
    await settled();
    assertEquals(byCount.requests[0]!.texts, ["1", "2"]);
    await byCount.take(0);
    assertEquals(byCount.requests[1]!.texts, ["3"]);
    await byCount.take(1);
    const bySize = outbox({ batchBytes: 4 });
    for (const text of ["12345", "12", "34", "5"]) bySize.put(text);
    await settled();
    for (const [i, texts] of [["12345"], ["12", "34"], ["5"]].entries()) {
      assertEquals(bySize.requests[i]!.texts, texts);
      await bySize.take(i);
    }
  });

  it("tells of each message what was wrong with it", async () => {
    const { requests, put } = outbox();
    const [well, ill] = [put("1"), put("2")];
    await settled();
    requests[0]!.answer.resolve([undefined, "ERR no"]);
    await well;
    const { message } = await assertRejects(() => ill, BusAwayError);
    assertEquals(message, "Cannot send over Redis: ERR no; expected it to take the message");
  });

  it("keeps nothing for later when a request fails, and asks for nothing until a pause is over", async () => {
    using time = new FakeTime();
    const { outbox: box, requests, put, take, recoveries } = outbox();
    const first = put("1");
    await settled();
    const second = put("2");
    const both = Promise.allSettled([first, second]);
    requests[0]!.answer.reject(new Error("refused"));
    assertEquals((await both).map(({ status }) => status), ["rejected", "rejected"]);
    assertEquals(box.state, "down");
    for (let i = 0; i < 100; i++) await assertRejects(() => put("3"), BusAwayError, "refused");
    assertEquals(requests.length, 1);
    time.tick(500);
    const fourth = put("4");
    await settled();
    assertEquals(requests[1]!.texts, ["4"]);
    await take(1);
    await fourth;
    assertEquals([box.state, recoveries()], ["up", 1]);
  });

  it("takes errors of all messages for an outage", async () => {
    const { outbox: box, requests, put } = outbox();
    const sent = put("1");
    await settled();
    requests[0]!.answer.resolve(["LOADING"]);
    await assertRejects(() => sent, BusAwayError, "LOADING");
    assertEquals(box.state, "down");
  });

  it("gives up a request that is not answered in time, with all that waits", async () => {
    using time = new FakeTime();
    const { put } = outbox();
    const both = Promise.allSettled([put("1"), settled().then(() => put("2"))]);
    await settled();
    time.tick(2_000);
    assertEquals((await both).map(({ status }) => status), ["rejected", "rejected"]);
  });

  it("refuses all when it is closed, and waits for the request under way", async () => {
    const { outbox: box, put, take } = outbox();
    const first = put("1");
    await settled();
    const second = put("2");
    const closing = box.close();
    await assertRejects(() => second, BusAwayError, "closed");
    await assertRejects(() => put("3"), BusAwayError, "closed");
    await take(0);
    await Promise.all([first, closing]);
  });
});
