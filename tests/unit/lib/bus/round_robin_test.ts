import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { RoundRobin } from "../../../../lib/bus/round_robin.ts";

/** What comes out of one into which items such as `a1`, of `a`, were put. */
function taken(items: string): string {
  const waiting = new RoundRobin<string>();
  for (const item of items.split(" ")) waiting.put(item[0]!, item);
  const out: string[] = [];
  for (let item = waiting.take(); item; item = waiting.take()) out.push(item);
  return out.join(" ");
}

describe("taking turns", () => {
  it("has one of each, and again one of each", () =>
    assertEquals(taken("a1 a2 a3 b1 b2 c1"), "a1 b1 c1 a2 b2 a3"));

  it("keeps the order of what is of one", () => assertEquals(taken("a1 a2 a3 a4"), "a1 a2 a3 a4"));

  it("shows whose turn it is without taking it", () => {
    const waiting = new RoundRobin<string>();
    assertEquals(waiting.peek(), undefined);
    waiting.put("a", "a1");
    assertEquals([waiting.peek(), waiting.take(), waiting.peek()], ["a1", "a1", undefined]);
  });
});
