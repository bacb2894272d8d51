import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import type { Bus, BusMessage } from "../../lib/bus/mod.ts";

const room = { tenant: "acme", id: "r" };
const frame = (n: number): BusMessage => ({
  kind: "deliver",
  room,
  to: "p_a",
  frame: String(n),
  of: "signal",
});

/** Opens an inbox. `received(n)` waits until n messages have come. */
async function inbox(bus: Bus, node: string) {
  const messages: BusMessage[] = [];
  let wake = () => {};
  const close = await bus.subscribe(node, {
    message(message) {
      messages.push(message);
      wake();
    },
    missed() {},
  });
  async function received(count: number): Promise<BusMessage[]> {
    while (messages.length < count) await new Promise<void>((resolve) => wake = resolve);
    return messages;
  }
  return { received, close, messages };
}

/** What every bus adapter must do. `make` gives one without inboxes. */
export function busContract(name: string, make: () => Bus | Promise<Bus>): void {
  describe(`bus: ${name}`, () => {
    it("brings a message to the node that it is for, and to no other", async () => {
      const bus = await make();
      const [one, two] = await Promise.all([inbox(bus, "n1"), inbox(bus, "n2")]);
      bus.publish("n1", frame(1));
      bus.publish("n2", frame(2));
      assertEquals(await one.received(1), [frame(1)]);
      assertEquals(await two.received(1), [frame(2)]);
      await Promise.all([one.close(), two.close()]);
    });

    it("keeps the order, and doubles nothing", async () => {
      const bus = await make();
      const { received, close } = await inbox(bus, "n1");
      const sent = Array.from({ length: 100 }, (_, i) => frame(i));
      for (const message of sent) bus.publish("n1", message);
      assertEquals(await received(100), sent);
      await close();
    });

    it("does not deliver while publish runs", async () => {
      const bus = await make();
      const { received, close, messages } = await inbox(bus, "n1");
      bus.publish("n1", frame(1));
      assertEquals(messages.length, 0);
      await received(1);
      await close();
    });

    it("brings a copy: what the sender changes later does not show", async () => {
      const bus = await make();
      const { received, close } = await inbox(bus, "n1");
      const left = { kind: "left" as const, version: 1, id: "p_a", reason: "left" as const };
      bus.publish("n1", { kind: "changes", room, changes: [left] });
      left.version = 2;
      const [message] = await received(1);
      assertEquals(message, {
        kind: "changes",
        room,
        changes: [{ kind: "left", version: 1, id: "p_a", reason: "left" }],
      });
      await close();
    });

    it("loses what is for a node that is not there, and harms nobody", async () => {
      const bus = await make();
      bus.publish("nobody", frame(1));
      const { received, close } = await inbox(bus, "n1");
      bus.publish("n1", frame(2));
      assertEquals(await received(1), [frame(2)]);
      await close();
    });

    it("brings nothing to an inbox that was closed", async () => {
      const bus = await make();
      const closed = await inbox(bus, "n1");
      const open = await inbox(bus, "n2");
      await closed.close();
      bus.publish("n1", frame(1));
      bus.publish("n2", frame(2));
      await open.received(1);
      assertEquals(closed.messages, []);
      await open.close();
    });
  });
}
