import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { randomId } from "../../lib/ids.ts";
import {
  type Bus,
  BUS_MESSAGE_BYTES,
  BusAwayError,
  BusFullError,
  MessageTooLargeError,
} from "../../lib/bus/mod.ts";
import { BUS_POLICY } from "../../lib/bus/policy.ts";
import { type BusInbox, numbered, openInbox } from "../helpers/bus_inbox.ts";
import { flows } from "../helpers/bus_load.ts";

/** Two ends of one carrier: the same bus where it has no connections. */
export interface BusEnds {
  near: Bus;
  far: Bus;
}

/** What every bus adapter must do while its carrier is well. `connect` gives new ends. */
export function busContract(name: string, connect: () => BusEnds | Promise<BusEnds>): void {
  /** Runs a test with two inboxes that are open at the far end. */
  async function withInboxes(
    test: (parts: BusEnds & { one: BusInbox; two: BusInbox }) => Promise<void>,
  ): Promise<void> {
    const { near, far } = await connect();
    try {
      // Names that no other test used: the server is the same.
      const one = await openInbox(far, `n_${randomId(8)}`);
      const two = await openInbox(far, `n_${randomId(8)}`);
      // The near end may still be connecting: what it sends would be refused.
      await (await openInbox(near, `n_${randomId(8)}`)).subscription.close();
      await test({ near, far, one, two });
    } finally {
      await Promise.all([near.close(), far.close()]);
    }
  }

  describe(`bus: ${name}`, () => {
    it("brings a message to the node that it is for, and to no other", () =>
      withInboxes(async ({ near, one, two }) => {
        await near.publish(one.node, numbered(1));
        await near.publish(two.node, numbered(2));
        await Promise.all([one.received(1), two.received(1)]);
        assertEquals(one.messages, [numbered(1)]);
        assertEquals(two.messages, [numbered(2)]);
      }));

    it("keeps the order of what is sent without waiting, whatever its size, and doubles nothing", () =>
      withInboxes(async ({ near, one }) => {
        const numbers = Array.from({ length: 2_000 }, (_, n) => n);
        const sent = numbers.map((n) =>
          near.publish(one.node, numbered(n, n % 100 === 0 ? 100_000 : n % 50))
        );
        await Promise.all(sent);
        assertEquals(await one.received(2_000), numbers);
        assertEquals(one.missed, 0);
      }));

    it("carries both ways, and to itself", () =>
      withInboxes(async ({ near, far, one }) => {
        const back = await openInbox(near, `n_${randomId(8)}`);
        await far.publish(back.node, numbered(1));
        await far.publish(one.node, numbered(2));
        assertEquals(await back.received(1), [1]);
        assertEquals(await one.received(1), [2]);
      }));

    it("does not deliver while publish runs", () =>
      withInboxes(async ({ near, one }) => {
        const sent = near.publish(one.node, numbered(1));
        assertEquals(one.messages.length, 0);
        await sent;
        await one.received(1);
      }));

    it("brings a copy: what the sender changes later does not show", () =>
      withInboxes(async ({ near, one }) => {
        const message = numbered(1);
        const sent = near.publish(one.node, message);
        Object.assign(message, numbered(2));
        await sent;
        assertEquals(await one.received(1), [1]);
      }));

    it("carries text as it is: commas, quotes, line ends, and beyond the basic plane", () =>
      withInboxes(async ({ near, one }) => {
        const text = `a,b,"c"\n\r\n\u2028\0\\ data: message,x,y \u{1f980} é`;
        await near.publish(one.node, numbered(1, text));
        await one.received(1);
        assertEquals(one.messages, [numbered(1, text)]);
      }));

    it("carries the largest message that is allowed", () =>
      withInboxes(async ({ near, one }) => {
        const spare = BUS_MESSAGE_BYTES - JSON.stringify(numbered(1)).length;
        await near.publish(one.node, numbered(1, spare));
        assertEquals(await one.received(1), [1]);
      }));

    it("refuses a message of 1 MB by what it had and what was expected, and goes on", () =>
      withInboxes(async ({ near, one }) => {
        const error = await assertRejects(
          () => near.publish(one.node, numbered(1, 1_048_576)),
          MessageTooLargeError,
        );
        const bytes = JSON.stringify(numbered(1, 1_048_576)).length;
        assertEquals(
          error.message,
          `Cannot send to node ${one.node}: the message has ${bytes} bytes; expected at most 524288`,
        );
        await near.publish(one.node, numbered(2));
        assertEquals(await one.received(1), [2]);
        assertEquals(one.missed, 0);
      }));

    it("counts bytes, not characters", () =>
      withInboxes(async ({ near, one }) => {
        const message = numbered(1, "€".repeat(BUS_MESSAGE_BYTES / 3));
        await assertRejects(() => near.publish(one.node, message), MessageTooLargeError);
      }));

    it("refuses at once what would be too much to hold", () =>
      withInboxes(async ({ near, one }) => {
        const sent = Array.from(
          { length: 100 },
          (_, n) => near.publish(one.node, numbered(n, 500_000)),
        );
        const results = await Promise.allSettled(sent);
        const reasons = results.flatMap((it) => it.status === "rejected" ? [it.reason] : []);
        assert(reasons.every((reason) => reason instanceof BusFullError));
        const tooMuch = reasons.filter(({ message }) =>
          message.includes("bytes of this room are waiting for the carrier; expected at most")
        );
        assert(tooMuch.length > 50, `${tooMuch.length} of 100 were refused`);
        // The gap tells the receiver, as soon as something comes.
        await flows(near, one, 100);
        await one.until("to be told of the gap", ({ missed }) => missed > 0);
      }));

    it("has a room that sends little before the rest of one that sends much", () =>
      withInboxes(async ({ near, one }) => {
        const sent = Array.from(
          { length: 50 },
          (_, n) => near.publish(one.node, numbered(n, 60_000)),
        );
        sent.push(near.publish(one.node, numbered(50, "", "another")));
        await Promise.all(sent);
        const numbers = await one.received(51);
        const ahead = numbers.indexOf(50);
        assert(ahead * 60_000 <= BUS_POLICY.carrierBytes + 60_000, `behind ${ahead} messages`);
        assertEquals(one.missed, 0);
      }));

    it("refuses a room that waits with too much, and nobody else for it", () =>
      withInboxes(async ({ near, one }) => {
        const much = Array.from(
          { length: 100 },
          (_, n) => near.publish(one.node, numbered(n, 500_000)),
        );
        const settled = Promise.allSettled(much);
        await near.publish(one.node, numbered(100, "", "another"));
        assert((await settled).some(({ status }) => status === "rejected"));
      }));

    it("loses what is for a node that is not there, and harms nobody", () =>
      withInboxes(async ({ near, one }) => {
        await near.publish(`n_${randomId(8)}`, numbered(1));
        await near.publish(one.node, numbered(2));
        assertEquals(await one.received(1), [2]);
      }));

    it("brings nothing to an inbox that was closed", () =>
      withInboxes(async ({ near, one, two }) => {
        await one.subscription.close();
        await near.publish(one.node, numbered(1));
        await near.publish(two.node, numbered(2));
        await two.received(1);
        assertEquals(one.messages, []);
      }));

    it("refuses a node whose name could not be an address", () =>
      withInboxes(async ({ near }) => {
        for (const node of ["", "a,b", "a.b", "*", "a b", "x".repeat(65)]) {
          const error = await assertRejects(() => near.publish(node, numbered(1)), TypeError);
          assertStringIncludes(error.message, JSON.stringify(node));
        }
      }));

    it("is up, and after close down: it carries nothing, and says so", () =>
      withInboxes(async ({ near, far, one }) => {
        assertEquals([near.state, far.state], ["up", "up"]);
        await near.close();
        assertEquals(near.state, "down");
        await assertRejects(() => near.publish(one.node, numbered(1)), BusAwayError);
      }));

    it("closes with an inbox open and messages under way", async () => {
      const { near, far } = await connect();
      const inbox = await openInbox(far, `n_${randomId(8)}`);
      const sent = Array.from({ length: 100 }, (_, n) => near.publish(inbox.node, numbered(n)));
      await Promise.all([near.close(), far.close(), Promise.allSettled(sent)]);
    });
  });
}
