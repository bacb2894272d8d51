import { assert, assertEquals, assertRejects } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { FakeTime } from "@std/testing/time";
import { EMBEDDED } from "../../../../../lib/sfu/embedded/policy.ts";
import type { Call, Told } from "../../../../../lib/sfu/embedded/wire.ts";
import { type SfuWorker, WorkerSfu } from "../../../../../lib/sfu/embedded/worker_sfu.ts";
import { SfuError, type SfuSeat } from "../../../../../lib/sfu/mod.ts";

/** A worker that answers when it is told to, and at once when it is to begin. */
function slowWorker() {
  const asked: Call[] = [];
  const worker: SfuWorker = {
    onmessage: null,
    onerror: null,
    terminate: () => {},
    postMessage(message: Call) {
      asked.push(message);
      if (message.ask.op === "start" || message.ask.op === "close") answer(message.ask.op);
    },
  };
  function answer(op: string, value?: string): void {
    const { call } = asked.findLast(({ ask }) => ask.op === op)!;
    const data: Told = { kind: "done", call, value };
    worker.onmessage!.call(worker as Worker, new MessageEvent("message", { data }));
  }
  return { asked, answer, worker };
}

describe("a session that the worker opens too late", () => {
  const seat = { room: "room", participant: "ada", publish: true, subscribe: true };
  for (
    const [how, ticket, op] of [
      ["is ended", undefined, "end"],
      ["stays for its next holder, where there was one before", "ticket", "release"],
    ] as const
  ) {
    it(how, async () => {
      using time = new FakeTime();
      const { asked, answer, worker } = slowWorker();
      const sfu = new WorkerSfu({
        info: { id: "a", region: "local", capacity: 9 },
        hasUdp: () => Promise.resolve(true),
        log: () => {},
        makeWorker: () => worker,
      });
      const wanted: SfuSeat = ticket === undefined ? seat : { ...seat, ticket };
      const events = { offer: () => {}, candidate: () => {}, ended: () => {} };
      const failed = assertRejects(() => sfu.open(wanted, events), SfuError);
      await time.tickAsync(EMBEDDED.callMs);
      const error = await failed;
      assertEquals(error.code, "unavailable");
      assert(error.message.includes("has not answered"), error.message);
      assertEquals(asked.map(({ ask }) => ask.op), ["start", "open"]);
      answer("open", "ticket");
      await time.tickAsync(0);
      assertEquals(asked.map(({ ask }) => ask.op), ["start", "open", op]);
      const [, opened, left] = asked.map(({ ask }) => "session" in ask ? ask.session : undefined);
      assertEquals(left, opened);
      await sfu.close();
    });
  }
});
