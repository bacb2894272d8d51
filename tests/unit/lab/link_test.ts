import { assert, assertEquals } from "@std/assert";
import { CLEAR, type Impairment } from "../../lab/wire/impairment.ts";
import { Link } from "../../lab/wire/link.ts";

/** 125 bytes are 1,000 bits: at 1 kbit/s a second. */
const KILOBIT = new Uint8Array(125);

function link(impairment: Partial<Impairment>, random: () => number = () => 0.5): Link {
  const link = new Link(random);
  link.impairment = { ...CLEAR, ...impairment };
  return link;
}

/** A packet that can be told from others. */
function packet(number: number): Uint8Array {
  return new Uint8Array([number]);
}

/** Numbers of the packets that have arrived. */
function arrived(link: Link, now: number): (number | undefined)[] {
  return link.take(now).map(([number]) => number);
}

/** Gives these numbers over and over. */
function dice(...numbers: number[]): () => number {
  let turn = 0;
  return () => numbers[turn++ % numbers.length]!;
}

Deno.test("a clear link delivers at once and in order", () => {
  const clear = link({});
  clear.put(packet(1), 10);
  clear.put(packet(2), 10);
  assertEquals(clear.next, 10);
  assertEquals(arrived(clear, 10), [1, 2]);
  assertEquals(clear.next, Infinity);
});

Deno.test("a delay is kept to, and told beforehand", () => {
  const slow = link({ delay: 50 });
  slow.put(packet(1), 100);
  assertEquals(slow.next, 150);
  assertEquals(arrived(slow, 149.9), []);
  assertEquals(arrived(slow, 150), [1]);
});

Deno.test("jitter spreads the delay both ways and keeps the order", () => {
  const shaky = link({ delay: 50, jitter: 10 }, dice(1, 0));
  shaky.put(packet(1), 0);
  shaky.put(packet(2), 1);
  assertEquals(shaky.next, 60);
  assertEquals(arrived(shaky, 59), []);
  assertEquals(arrived(shaky, 60), [1, 2]);
  shaky.put(packet(3), 100);
  shaky.put(packet(4), 120);
  assertEquals(arrived(shaky, 160), [3, 4]);
});

Deno.test("loss is as often as it says", () => {
  const lossy = link({ loss: 25 }, dice(0.1, 0.3, 0.6, 0.9));
  for (let i = 0; i < 100; i++) lossy.put(packet(i), i);
  assertEquals(lossy.take(1_000).length, 75);
  assertEquals(lossy.counters, { came: 100, bytes: 100, passed: 75, lost: 25, dropped: 0 });
});

Deno.test("at 100 percent everything gets lost, at 0 nothing", () => {
  const cut = link({ loss: 100 }, () => 0.999_999);
  cut.put(packet(1), 0);
  assertEquals(cut.next, Infinity);
  const whole = link({ loss: 0 }, () => 0);
  whole.put(packet(1), 0);
  assertEquals(arrived(whole, 0), [1]);
});

Deno.test("a rate sends one packet after the other", () => {
  const thin = link({ rate: 1, limit: 10_000 });
  for (let i = 0; i < 3; i++) thin.put(KILOBIT, 0);
  assertEquals([999, 1_000, 2_500, 3_000].map((now) => thin.take(now).length), [0, 1, 1, 1]);
});

Deno.test("an idle line is not saved up for later", () => {
  const thin = link({ rate: 1 });
  thin.put(KILOBIT, 10_000);
  assertEquals(thin.next, 11_000);
});

Deno.test("what would wait longer than the limit is dropped", () => {
  const thin = link({ rate: 1, limit: 1_500 });
  for (let i = 0; i < 6; i++) thin.put(KILOBIT, 0);
  // One is being sent, two wait (the second of them found a second's wait before it), the rest is too much.
  assertEquals(thin.counters.dropped, 3);
  assertEquals(thin.take(10_000).length, 3);
});

Deno.test("a new rate counts from the next packet on", () => {
  const thin = link({ rate: 1, limit: 10_000 });
  for (let i = 0; i < 3; i++) thin.put(KILOBIT, 0);
  thin.impairment = { ...thin.impairment, rate: 100 };
  assertEquals([1_000, 1_010, 1_020].map((now) => thin.take(now).length), [1, 1, 1]);
});

Deno.test("a delay comes after the wait for the line", () => {
  const far = link({ rate: 1, delay: 300 });
  far.put(KILOBIT, 0);
  assertEquals(far.next, 1_000);
  assertEquals(far.take(1_000).length, 0);
  assertEquals(far.next, 1_300);
});

Deno.test("what is reordered overtakes those before it", () => {
  const odd = link({ delay: 50, reorder: 50 }, dice(0.9, 0.1));
  odd.put(packet(1), 0);
  odd.put(packet(2), 10);
  assertEquals(arrived(odd, 10), [2]);
  assertEquals(arrived(odd, 50), [1]);
});

Deno.test("what is on its way arrives also when the delay gets shorter, and is not overtaken", () => {
  const link_ = link({ delay: 100 });
  link_.put(packet(1), 0);
  link_.impairment = { ...link_.impairment, delay: 0 };
  link_.put(packet(2), 10);
  assertEquals(arrived(link_, 50), []);
  assertEquals(arrived(link_, 100), [1, 2]);
});

Deno.test("nothing gets lost between the counters", () => {
  const busy = link({ rate: 100, limit: 50, loss: 10, delay: 5, jitter: 3 }, Math.random);
  for (let i = 0; i < 500; i++) busy.put(new Uint8Array(100), i);
  const passed = busy.take(10_000).length;
  const { came, lost, dropped } = busy.counters;
  assertEquals([came, passed + lost + dropped], [500, 500]);
  assert(lost > 0 && dropped > 0 && passed > 0);
});
