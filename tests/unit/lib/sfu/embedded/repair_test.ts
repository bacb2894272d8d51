import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { History } from "../../../../../lib/sfu/embedded/history.ts";
import {
  askKeyframe,
  keyframeCame,
  NO_WISH,
  wish,
} from "../../../../../lib/sfu/embedded/keyframe_wish.ts";
import { Missing } from "../../../../../lib/sfu/embedded/missing.ts";
import { EMBEDDED } from "../../../../../lib/sfu/embedded/policy.ts";
import { Reception } from "../../../../../lib/sfu/embedded/reception.ts";

describe("missing packets", () => {
  it("are asked for at once, and again until they come", () => {
    const missing = new Missing();
    assertEquals(missing.note(65_534, 0), []);
    assertEquals(missing.note(1, 0), [65_535, 0]);
    assertEquals(missing.due(EMBEDDED.renackMs - 1).again, []);
    assertEquals(missing.due(EMBEDDED.renackMs).again, [65_535, 0]);
    assertEquals([missing.awaits(0), missing.awaits(1)], [true, false]);
    missing.note(0, 70);
    assertEquals(missing.due(2 * EMBEDDED.renackMs).again, [65_535]);
    missing.note(65_535, 130);
    assertEquals(missing.due(1_000), { again: [], gaveUp: false });
  });

  it("are given up after a while", () => {
    const missing = new Missing();
    missing.note(1, 0);
    missing.note(3, 0);
    assertEquals(missing.due(EMBEDDED.nackGiveUpMs), { again: [], gaveUp: true });
    assertEquals(missing.awaits(2), false);
  });

  it("are not asked for where they are too many", () => {
    const missing = new Missing();
    missing.note(1, 0);
    assertEquals(missing.note(2 + EMBEDDED.nackMost, 0), "lost");
    assertEquals(missing.due(1_000), { again: [], gaveUp: false });
  });

  it("before a key frame do not matter any more", () => {
    const missing = new Missing();
    for (const sequence of [1, 3, 6]) missing.note(sequence, 0);
    missing.forgetBefore(3);
    assertEquals(missing.due(EMBEDDED.renackMs).again, [4, 5]);
  });
});

describe("the packets that are kept", () => {
  const packet = (sequence: number) => ({
    codec: "main" as const,
    marker: false,
    sequence,
    timestamp: 0,
    payload: new Uint8Array(),
    starts: false,
  });

  it("are found by their numbers, until others take their places", () => {
    const history = new History(4);
    for (const sequence of [65_534, 65_535, 0, 1]) history.keep(packet(sequence));
    assertEquals(history.find(65_534)?.sequence, 65_534);
    history.keep(packet(2));
    assertEquals(history.find(65_534), undefined);
    assertEquals(history.find(1)?.sequence, 1);
    assertEquals(history.find(7), undefined);
  });
});

describe("the wish for a key frame", () => {
  it("is told at once, and once, however many have it", () => {
    const first = askKeyframe(wish(NO_WISH), 1_000);
    assertEquals(first.ask, true);
    assertEquals(askKeyframe(wish(first.wish), 1_001).ask, false);
  });

  it("is told again while none comes, less and less often", () => {
    let now = 0;
    let state = wish(NO_WISH);
    const asked: number[] = [];
    for (; now < 10_000; now += 50) {
      const next = askKeyframe(state, now);
      if (next.ask) asked.push(now);
      state = next.wish;
    }
    assertEquals(asked.slice(0, 5), [0, 500, 1_500, 3_000, 5_000]);
  });

  it("keeps its distance to the one before it", () => {
    const { wish: asked } = askKeyframe(wish(NO_WISH), 1_000);
    const came = keyframeCame(asked);
    assertEquals(askKeyframe(came, 1_050).ask, false);
    assertEquals(askKeyframe(wish(came), 1_000 + EMBEDDED.keyframeEveryMs - 1).ask, false);
    assertEquals(askKeyframe(wish(came), 1_000 + EMBEDDED.keyframeEveryMs).ask, true);
  });
});

describe("what a receiver reports", () => {
  it("counts losses, over all and since the last report, also when the numbers begin again", () => {
    const reception = new Reception(90_000);
    assertEquals(reception.report(1, 0), undefined);
    for (const sequence of [65_530, 65_531, 65_535, 2]) {
      reception.note({ sequence, timestamp: 0 }, 0);
    }
    const report = reception.report(1, 0)!;
    assertEquals([report.lost, report.highest], [5, 65_538]);
    assertEquals(report.fractionLost, Math.floor(5 * 256 / 9));
    reception.note({ sequence: 3, timestamp: 0 }, 0);
    assertEquals(reception.report(1, 0)!.fractionLost, 0);
  });

  it("says when the sender's last report came", () => {
    const reception = new Reception(48_000);
    reception.note({ sequence: 1, timestamp: 0 }, 0);
    reception.sender({ seconds: 0x1_2345, fraction: 0x6789_0000, rtp: 0 }, 100);
    const { lastReport, sinceLastReport } = reception.report(1, 600)!;
    assertEquals([lastReport, sinceLastReport], [0x2345_6789, 32_768]);
  });

  it("finds no jitter where packets come as they were sent", () => {
    const reception = new Reception(90_000);
    for (let i = 0; i < 100; i++) {
      reception.note({ sequence: i, timestamp: (4_294_960_000 + 3_000 * i) >>> 0 }, i * 1_000 / 30);
    }
    assertEquals(reception.report(1, 0)!.jitter, 0);
  });
});
