import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { seal } from "../../../../lib/bus/envelope.ts";
import type { BusMessage } from "../../../../lib/bus/mod.ts";
import { Receiver } from "../../../../lib/bus/receiver.ts";
import { numbered } from "../../../helpers/bus_inbox.ts";

const text = (n: number) => seal({ from: "a", n, body: JSON.stringify(numbered(n)) });

describe("a receiver", () => {
  it("drops what is no envelope, and goes on", () => {
    const came: BusMessage[] = [];
    const receiver = new Receiver({ message: (message) => void came.push(message), missed() {} });
    for (const it of ["", "hello", text(1), "{}"]) receiver.hear(it);
    assertEquals(came, [numbered(1)]);
  });

  it("tells of a gap before the message behind it", () => {
    const told: string[] = [];
    const receiver = new Receiver({
      message: () => void told.push("message"),
      missed: () => void told.push("missed"),
    });
    receiver.hear(text(1));
    receiver.hear(text(3));
    assertEquals(told, ["message", "missed", "message"]);
  });

  it("takes a message that is no JSON for one that was lost", () => {
    const told: string[] = [];
    const receiver = new Receiver({
      message: () => void told.push("message"),
      missed: () => void told.push("missed"),
    });
    receiver.hear(seal({ from: "a", n: 1, body: "{" }));
    receiver.hear(text(2));
    assertEquals(told, ["missed", "message"]);
  });
});
