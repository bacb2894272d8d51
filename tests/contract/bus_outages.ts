import { assert, assertEquals, assertRejects } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { type Bus, BusAwayError } from "../../lib/bus/mod.ts";
import { randomId } from "../../lib/ids.ts";
import { BusInbox, numbered, openInbox } from "../helpers/bus_inbox.ts";
import { flows, refusal, startLoad } from "../helpers/bus_load.ts";
import { startStallableProxy } from "../helpers/stallable_proxy.ts";

/** A carrier that a test can make fail, and is well when a test begins and ends. */
export interface Carrier {
  /** Where it is. */
  readonly url: string;
  /** A bus with connections of its own, to the carrier at this URL. */
  connect(url: string): Promise<Bus>;
  kill(): Promise<void>;
  start(): Promise<void>;
  /** Stops it in its tracks: connections stay, and nothing answers. */
  pause(): void;
  resume(): void;
}

/** What every bus adapter must do when its carrier fails. */
export function busOutageContract(name: string, carrier: () => Carrier): void {
  /** Runs a test with a sender, and with an inbox whose connection runs through a proxy. */
  async function withProxy(
    test: (parts: {
      sender: Bus;
      inbox: BusInbox;
      proxy: ReturnType<typeof startStallableProxy>;
    }) => Promise<void>,
  ): Promise<void> {
    const { url, connect } = carrier();
    await using proxy = startStallableProxy(url);
    const sender = await connect(url);
    const receiver = await connect(proxy.url);
    try {
      const inbox = await openInbox(receiver, `n_${randomId(8)}`);
      await (await openInbox(sender, `n_${randomId(8)}`)).subscription.close();
      await test({ sender, inbox, proxy });
    } finally {
      proxy.resume();
      await Promise.all([sender.close(), receiver.close()]);
    }
  }

  describe(`bus in trouble: ${name}`, () => {
    it("opens an inbox when the carrier comes up, and refuses to send until then", async () => {
      const { kill, start, url, connect } = carrier();
      await kill();
      const bus = await connect(url);
      try {
        const inbox = new BusInbox(bus, `n_${randomId(8)}`);
        await assertRejects(() => bus.publish(inbox.node, numbered(1)), BusAwayError);
        await start();
        await inbox.subscription.ready;
        await inbox.until("to be told of the gap", ({ missed }) => missed === 1);
        await flows(bus, inbox, 2);
        assertRising(inbox.numbers);
      } finally {
        await bus.close();
      }
    });

    it("survives a restart under load: loses, but never doubles nor swaps, tells of the gap, flows again", () =>
      withProxy(async ({ sender, inbox }) => {
        await using load = startLoad(sender, inbox.node);
        await inbox.received(50);
        await carrier().kill();
        while (sender.state === "up") await load.refused();
        await carrier().start();
        const before = inbox.messages.length;
        await inbox.until(
          "messages after the restart",
          ({ messages, missed }) => missed > 0 && messages.length > before + 50,
        );
        assertEquals(sender.state, "up");
        assertRising(inbox.numbers);
      }));

    it("tells of the gap when only the receiver was cut off, and flows again", () =>
      withProxy(async ({ sender, inbox, proxy }) => {
        await sender.publish(inbox.node, numbered(1));
        await inbox.received(1);
        proxy.cut();
        await inbox.until("to be told of the gap", ({ missed }) => missed > 0);
        await flows(sender, inbox, 2);
        assertRising(inbox.numbers);
      }));

    it("bounds what it holds for a receiver that does not read, and tells that one of its gap", () =>
      withProxy(async ({ sender, inbox, proxy }) => {
        await sender.publish(inbox.node, numbered(0));
        await inbox.received(1);
        proxy.stall();
        for (let n = 1; n <= 100; n++) {
          await sender.publish(inbox.node, numbered(n, 500_000)).catch(() => {});
        }
        proxy.resume();
        await inbox.until("to be told of the gap", ({ missed }) => missed > 0);
        await flows(sender, inbox, 101);
        assertRising(inbox.numbers);
        assert(inbox.messages.length < 100, `${inbox.messages.length} of 101 messages came`);
      }));

    it("gives up a carrier that does not answer, in time, and comes back to it", () =>
      withProxy(async ({ sender, inbox }) => {
        const { pause, resume } = carrier();
        pause();
        try {
          // A signal may take a while to stop a busy server.
          await refusal(sender, /^BusAwayError/);
        } finally {
          resume();
        }
        await flows(sender, inbox, 2);
        assertRising(inbox.numbers);
      }));

    it("closes while the carrier is away", async () => {
      const { kill, start, url, connect } = carrier();
      await kill();
      const bus = await connect(url);
      const inbox = new BusInbox(bus, `n_${randomId(8)}`);
      await bus.close();
      await inbox.subscription.ready;
      await start();
    });

    it("closes while the carrier does not answer", async () => {
      const { pause, resume, url, connect } = carrier();
      const bus = await connect(url);
      await openInbox(bus, `n_${randomId(8)}`);
      pause();
      try {
        await bus.close();
      } finally {
        resume();
      }
    });
  });
}

function assertRising(numbers: readonly number[]): void {
  const bad = numbers.findIndex((n, i) => i > 0 && n <= numbers[i - 1]!);
  if (bad === -1) return;
  throw new Error(`Expected rising numbers: ${numbers.slice(Math.max(0, bad - 3), bad + 3)}`);
}
