import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { FairQueue } from "../../../lib/fair_queue.ts";

interface Person {
  address: string;
  since: number;
}

/** A queue of people who came one after the other, from these addresses. */
function queueOf(addresses: string): FairQueue<Person> {
  const queue = new FairQueue<Person>();
  [...addresses].forEach((address, since) => queue.put({ address, since }));
  return queue;
}

/** Where they come from and since when they wait, in the order in which they are taken. */
function taken(queue: FairQueue<Person>, which: "oldest" | "newest"): string {
  const names: string[] = [];
  for (let one = queue.take(which); one; one = queue.take(which)) {
    names.push(`${one.address}${one.since}`);
  }
  return names.join(" ");
}

describe("a fair queue", () => {
  it("has those of many addresses in the order in which they came, or the other way round", () => {
    assertEquals(taken(queueOf("abcd"), "oldest"), "a0 b1 c2 d3");
    assertEquals(taken(queueOf("abcd"), "newest"), "d3 c2 b1 a0");
  });

  it("has an address that sends one before the second of one that sends many", () => {
    assertEquals(taken(queueOf("aaaaab"), "oldest"), "a0 b5 a1 a2 a3 a4");
    assertEquals(taken(queueOf("baaaaa"), "newest"), "a1 b0 a3 a2 a5 a4");
  });

  it("forgets how many came of an address when they were taken", () => {
    const queue = queueOf("aaa");
    taken(queue, "oldest");
    for (const address of "bab") queue.put({ address, since: 9 });
    assertEquals(taken(queue, "oldest"), "b9 a9 b9");
  });

  it("gives out all who came before a time, wherever they come from", () => {
    const queue = queueOf("aaabc");
    assertEquals(queue.takeOlder(4).map(({ since }) => since).sort(), [0, 1, 2, 3]);
    assertEquals([queue.size, taken(queue, "newest")], [1, "c4"]);
  });
});
