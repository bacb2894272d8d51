import { assert, assertEquals, assertRejects } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { FakeTime } from "@std/testing/time";
import { type Link, LinkedBus } from "../../../../lib/bus/linked.ts";
import { BusAwayError } from "../../../../lib/bus/mod.ts";
import { BUS_POLICY } from "../../../../lib/bus/policy.ts";
import { BusInbox, numbered } from "../../../helpers/bus_inbox.ts";

/** A connection whose other end is the test. */
class FakeLink implements Link {
  readonly listening = new Map<string, (text: string) => void>();
  readonly sent: { text: string; taken: PromiseWithResolvers<void> }[] = [];
  /** What `listen` waits for. */
  readonly listens: PromiseWithResolvers<void>[] = [];
  state: "open" | "closed" = "open";
  readonly #ended = Promise.withResolvers<Error>();
  readonly ended = this.#ended.promise;

  constructor(readonly listensAtOnce = true) {}

  send(_node: string, text: string): Promise<void> {
    const taken = Promise.withResolvers<void>();
    this.sent.push({ text, taken });
    return taken.promise;
  }

  async listen(node: string, hear: (text: string) => void): Promise<() => Promise<void>> {
    const confirmed = Promise.withResolvers<void>();
    this.listens.push(confirmed);
    if (this.listensAtOnce) confirmed.resolve();
    await confirmed.promise;
    this.listening.set(node, hear);
    return () => Promise.resolve(void this.listening.delete(node));
  }

  close(): Promise<void> {
    this.breaks("closed");
    return Promise.resolve();
  }

  breaks(why: string): void {
    this.state = "closed";
    this.#ended.resolve(new Error(why));
  }
}

/** A bus whose connections are made by the test: each an error, or a link. */
function linkedBus(...outcomes: (Error | FakeLink)[]) {
  let tries = 0;
  const bus = new LinkedBus({
    name: "the fake",
    connect: () => {
      const outcome = outcomes[tries++] ?? new Error("no more");
      return outcome instanceof Error ? Promise.reject(outcome) : Promise.resolve(outcome);
    },
    policy: BUS_POLICY,
  });
  return { bus, tries: () => tries };
}

/** Lets everything run that waits for no time. */
async function settled(): Promise<void> {
  for (let i = 0; i < 50; i++) await Promise.resolve();
}

describe("a bus over a link", () => {
  it("tries again, later and later, at random, until it is connected", async () => {
    using time = new FakeTime();
    const link = new FakeLink();
    const failures = Array.from({ length: 20 }, (_, i) => new Error(`failure ${i}`));
    const { bus, tries } = linkedBus(...failures, link);
    await settled();
    const { message } = await assertRejects(() => bus.publish("n", numbered(1)), BusAwayError);
    assertEquals(
      message,
      "Cannot send over the fake: failure 0; expected it to be connected and to answer",
    );
    const waits: number[] = [];
    while (bus.state === "down") {
      const [before, since] = [tries(), time.now];
      while (tries() === before) {
        time.tick(1);
        await settled();
      }
      waits.push(time.now - since);
    }
    assertEquals(tries(), 21);
    for (const [i, wait] of waits.entries()) assert(wait <= Math.min(3_000, 200 * 2 ** i) + 1);
    assert(Math.max(...waits) > 500, `the longest wait was ${Math.max(...waits)} ms`);
    await bus.close();
  });

  it("tells of a gap after each new connection, and after a first that took more than one try", async () => {
    using time = new FakeTime();
    const links = [new FakeLink(), new FakeLink()];
    const { bus } = linkedBus(new Error("away"), ...links);
    const inbox = new BusInbox(bus, "n");
    await time.tickAsync(3_000);
    await settled();
    await inbox.subscription.ready;
    assertEquals(inbox.missed, 1);
    links[0]!.breaks("cable");
    await settled();
    assertEquals([bus.state, inbox.missed], ["down", 1]);
    await time.tickAsync(3_000);
    await settled();
    assertEquals([bus.state, inbox.missed], ["up", 2]);
    assert(links[1]!.listening.has("n"));
    await bus.close();
  });

  it("does not tell of a gap where there was none", async () => {
    const { bus } = linkedBus(new FakeLink());
    const early = new BusInbox(bus, "n1");
    await early.subscription.ready;
    const late = new BusInbox(bus, "n2");
    await late.subscription.ready;
    assertEquals([early.missed, late.missed], [0, 0]);
    await bus.close();
  });

  it("rejects what is under way as soon as the connection breaks", async () => {
    const link = new FakeLink();
    const { bus } = linkedBus(link);
    await new BusInbox(bus, "n").subscription.ready;
    const sent = bus.publish("n", numbered(1));
    link.breaks("cable");
    await assertRejects(() => sent, BusAwayError, "cable");
    await bus.close();
  });

  it("gives a connection up that does not take a message in time", async () => {
    using time = new FakeTime();
    const link = new FakeLink();
    const { bus } = linkedBus(link);
    await settled();
    const sent = bus.publish("n", numbered(1));
    const refused = assertRejects(
      () => sent,
      BusAwayError,
      "no answer; expected one within 2000 ms",
    );
    await time.tickAsync(2_000);
    await refused;
    assertEquals(link.state, "closed");
    await bus.close();
  });

  it("gives a connection up on which an inbox does not open in time", async () => {
    using time = new FakeTime();
    const links = [new FakeLink(false), new FakeLink()];
    const { bus, tries } = linkedBus(...links);
    const inbox = new BusInbox(bus, "n");
    await time.tickAsync(5_000);
    await settled();
    assertEquals(links[0]!.state, "closed");
    await time.tickAsync(3_000);
    await settled();
    assertEquals(tries(), 2);
    assertEquals([bus.state, inbox.missed], ["up", 1]);
    await bus.close();
  });

  it("closes an inbox on the connection whose closing came while it opened", async () => {
    const link = new FakeLink(false);
    const { bus } = linkedBus(link);
    await settled();
    const inbox = new BusInbox(bus, "n");
    await inbox.subscription.close();
    for (const listen of link.listens) listen.resolve();
    await settled();
    assertEquals(link.listening.size, 0);
    await bus.close();
  });

  it("hears each message once, in order, and tells of those that are missing", async () => {
    const link = new FakeLink();
    const { bus } = linkedBus(link);
    const inbox = new BusInbox(bus, "n");
    await inbox.subscription.ready;
    for (let n = 1; n <= 4; n++) bus.publish("n", numbered(n)).catch(() => {});
    const texts = link.sent.map(({ text }) => text);
    for (const i of [0, 0, 1, 0, 3, 2, 3]) link.listening.get("n")!(texts[i]!);
    assertEquals(inbox.numbers, [1, 2, 4]);
    assertEquals(inbox.missed, 1);
    await bus.close();
  });
});
