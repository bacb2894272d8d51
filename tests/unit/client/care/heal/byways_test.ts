import { assert, assertEquals, assertRejects } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { FakeTime } from "@std/testing/time";
import { importKey, newKey, open, seal } from "../../../../../client/care/heal/boxes.ts";
import { Byways } from "../../../../../client/care/heal/byways.ts";
import { type Frame, type LinkFrame, parseFrame } from "../../../../../client/care/heal/frames.ts";
import { BYWAY, LINES } from "../../../../../client/care/heal/policy.ts";
import { becomes } from "../../../../helpers/becomes.ts";

/** Byways of some people, and channels between them that the test can cut. */
function room(...ids: string[]) {
  const byways = new Map<string, Byways>();
  const cut = new Set<string>();
  const frames: { from: string; to: string; frame: Frame }[] = [];
  const got: [from: string, to: string, data: unknown][] = [];
  const turned: string[] = [];
  const isOpen = (a: string, b: string) => !cut.has(a + b) && !cut.has(b + a);
  for (const self of ids) {
    const send = (to: string, frame: Frame) => {
      if (!byways.has(to) || !isOpen(self, to)) return false;
      frames.push({ from: self, to, frame });
      byways.get(to)!.handle(self, frame);
      return true;
    };
    byways.set(
      self,
      new Byways({
        self,
        others: () => ids.filter((id) => id !== self),
        lines: {
          isFresh: (id) => isOpen(self, id),
          send,
          sendText: (to, text) => send(to, parseFrame(text)!),
        },
        deliver: (from, { data }: LinkFrame) => void got.push([from, self, data]),
        turned: (from) => void turned.push(`${self} heard ${from}`),
      }, () => Date.now()),
    );
  }
  for (const self of ids) for (const id of ids) if (id !== self) byways.get(self)!.opened(id);
  const reached = (a: string, b: string) =>
    becomes(() => byways.get(a)!.reaches(b, "signal") && byways.get(b)!.reaches(a, "signal"), true);
  return { of: (id: string) => byways.get(id)!, cut, frames, got, turned, reached };
}

describe("Byways", () => {
  it("carry signals and messages by the channel of the two", () => {
    const { of, got, turned } = room("a", "b");
    of("a").carry("b", "signal", "1");
    of("a").carry("b", "message", '"hello"');
    assertEquals(got, [["a", "b", 1], ["a", "b", "hello"]]);
    assertEquals(turned, ["b heard a"], "once, so that it is answered the same way");
    assert(of("b").speaks("a"));
  });

  it("carry signals by way of another who cannot read them, and answers back", async () => {
    const { of, cut, frames, got, reached } = room("a", "b", "c");
    cut.add("ab");
    await reached("a", "b");
    of("a").carry("b", "signal", '{"secret":1}');
    await becomes(() => got, [["a", "b", { secret: 1 }]]);
    of("b").carry("a", "signal", "2");
    await becomes(() => got.at(-1), ["b", "a", 2]);
    const passed = frames.filter(({ frame }) => frame.type === "relay" || frame.type === "relayed");
    assertEquals(passed.map(({ from, to }) => from + to), ["ac", "cb", "bc", "ca"]);
    assert(!JSON.stringify(passed).includes("secret"));
  });

  it("keep messages for the channel of the two", async () => {
    const { of, cut, frames, reached } = room("a", "b", "c");
    cut.add("ab");
    await reached("a", "b");
    assertEquals(of("a").reaches("b", "message"), false);
    const before = frames.length;
    of("a").carry("b", "message", "1");
    assertEquals(frames.length, before);
  });

  it("take nothing that the one in between has made up, turned round or kept for another", async () => {
    const { of, cut, frames, got, reached } = room("a", "b", "c");
    cut.add("ab");
    await reached("a", "b");
    of("a").carry("b", "signal", "1");
    await becomes(() => got.length, 1);
    const box = frames.flatMap(({ frame }) => frame.type === "relayed" ? [frame.box] : [])[0]!;
    of("a").handle("c", { type: "relayed", from: "b", box });
    of("b").handle("c", { type: "relayed", from: "c", box });
    of("b").handle("c", { type: "relayed", from: "a", box: box.slice(0, -8) + "AAAAAAA=" });
    of("b").handle("c", { type: "relayed", from: "a", box: "?" });
    // What was sent after it has come: it would be there too.
    of("a").carry("b", "signal", "2");
    await becomes(() => got, [["a", "b", 1], ["a", "b", 2]]);
  });

  it("open a box once, and none that is older", async () => {
    const { of, cut, frames, got, reached } = room("a", "b", "c");
    cut.add("ab");
    await reached("a", "b");
    of("a").carry("b", "signal", "1");
    await becomes(() => got.length, 1);
    of("a").carry("b", "signal", "2");
    await becomes(() => got.length, 2);
    const boxes = frames.flatMap(({ frame }) => frame.type === "relayed" ? [frame.box] : []);
    for (const box of boxes) of("b").handle("c", { type: "relayed", from: "a", box });
    of("a").carry("b", "signal", "3");
    await becomes(() => got.map(([, , data]) => data), [1, 2, 3]);
  });

  it("pass on only so many characters for one", () => {
    using _time = new FakeTime();
    const { of, frames } = room("a", "b", "c");
    const before = frames.length;
    const box = "x".repeat(BYWAY.relayLength);
    for (let i = 0; i < BYWAY.relayBurst; i++) of("c").handle("a", { type: "relay", to: "b", box });
    const passed = (frames.length - before) * BYWAY.relayLength;
    const most = BYWAY.relayBurst * BYWAY.relayUnit + BYWAY.relayLength;
    assert(passed > 0 && passed <= most, `${passed}`);
  });

  it("pass on only so much for one, one hop, and never back", () => {
    using _time = new FakeTime();
    const { of, frames } = room("a", "b", "c");
    const before = frames.length;
    const passed = () => frames.slice(before).length;
    of("c").handle("a", { type: "relay", to: "a", box: "x" });
    of("c").handle("a", { type: "relay", to: "c", box: "x" });
    of("c").handle("a", { type: "relay", to: "nobody", box: "x" });
    of("c").handle("a", { type: "relay", to: "b", box: "x".repeat(BYWAY.relayLength + 1) });
    assertEquals(passed(), 0);
    for (let i = 0; i < 3 * BYWAY.relayBurst; i++) {
      of("c").handle("a", { type: "relay", to: "b", box: "x" });
    }
    assert(passed() <= BYWAY.relayBurst, `${passed()}`);
  });
});

describe("Byways, of one who means no good", () => {
  it("take only as much as the service would", () => {
    using _time = new FakeTime();
    const { of, got } = room("a", "b");
    for (let i = 0; i < 2 * BYWAY.takenBurst; i++) of("b").handle("a", { type: "signal", data: i });
    assertEquals(got.length, BYWAY.takenBurst);
  });
});

describe("boxes", () => {
  it("open only with the key, for the one, from the other", async () => {
    const key = await importKey(newKey());
    const box = await seal(key, { from: "a", to: "b" }, "hello");
    assertEquals(await open(key, { from: "a", to: "b" }, box), "hello");
    await assertRejects(() => open(key, { from: "b", to: "a" }, box));
    await assertRejects(async () => open(await importKey(newKey()), { from: "a", to: "b" }, box));
    await assertRejects(() => importKey("no key"));
  });
});

describe("parseFrame", () => {
  it("takes what it knows, and nothing else", () => {
    const good = [
      { type: "beat" },
      { type: "signal", data: { ack: 1 } },
      { type: "key", key: "k" },
      { type: "relay", to: "b", box: "x" },
      { type: "relayed", from: "a", box: "x" },
      { type: "lifeline", number: 1, sdp: "v=0" },
    ];
    for (const frame of good) assertEquals(parseFrame(JSON.stringify(frame)) as unknown, frame);
    const bad = ["", "null", "[]", "{", '{"type":"key"}', '{"type":"relay","to":1,"box":"x"}'];
    for (const text of bad) assertEquals(parseFrame(text), undefined, text);
    assertEquals(parseFrame(new ArrayBuffer(1)), undefined);
    const long = { type: "signal", data: "x".repeat(LINES.frameLength) };
    assertEquals(parseFrame(JSON.stringify(long)), undefined);
  });
});
