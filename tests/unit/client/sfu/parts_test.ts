import { assertEquals, assertStringIncludes } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { type Candidate, choose } from "../../../../client/sfu/choose.ts";
import { Demand } from "../../../../client/sfu/demand.ts";
import { cameraEncodings } from "../../../../client/sfu/encodings.ts";
import { beginFlow, look } from "../../../../client/sfu/flow.ts";
import { feelDownlink, GOOD_DOWNLINK, layerFor } from "../../../../client/sfu/layers.ts";
import { withOpusSettings } from "../../../../client/sfu/opus.ts";
import type { SfuPath, SfuState } from "../../../../client/sfu/path.ts";
import { LAYERS, SEND, SFU } from "../../../../client/sfu/policy.ts";
import { participantReports } from "../../../../client/sfu/reports.ts";
import { type Stall, watchStall } from "../../../../client/sfu/stall.ts";
import { participantStats } from "../../../../client/care/stats.ts";

describe("choose", () => {
  const patience = { patienceMs: 2_000, staleMs: 1_000, hushMs: 200 };
  const up = (path: string, more: Partial<Candidate<string>> = {}): Candidate<string> => ({
    path,
    state: "up",
    came: true,
    plays: true,
    age: 10_000,
    silent: 0,
    ...more,
  });
  const lost = (path: string) => up(path, { state: "lost", plays: false });
  const waiting = (path: string) => up(path, { state: "waiting", came: false, plays: false });
  const begun = (path: string) => up(path, { plays: false, age: 500 });
  const mute = (path: string) => up(path, { came: false, plays: false, age: 500, silent: 500 });
  const cases: [string, Candidate<string>[], string | undefined, boolean, string | undefined][] = [
    ["nothing where there is nothing", [], undefined, true, undefined],
    ["what comes first as it comes", [waiting("a")], undefined, true, "a"],
    ["the newest that is connected", [up("a"), up("b"), waiting("c")], undefined, true, "b"],
    ["the old one until the new one plays", [up("a"), begun("b")], "a", true, "a"],
    ["the new one when it plays", [up("a"), up("b")], "a", true, "b"],
    ["the newest of those that play", [up("a"), up("b"), up("c")], "a", true, "c"],
    ["the next one while the newest does not", [up("a"), up("b"), begun("c")], "a", true, "b"],
    ["the new one at once where there is nothing to see", [up("a"), begun("b")], "a", false, "b"],
    [
      "no new one that is not connected, whatever there is",
      [up("a"), waiting("b")],
      "a",
      false,
      "a",
    ],
    ["no older one than it shows", [up("a"), up("b")], "b", true, "b"],
    ["the old one as long as it delivers", [up("a"), mute("b")], "a", true, "a"],
    [
      "the new one after a while where the old one delivers nothing",
      [up("a", { silent: 1_000 }), up("b", { came: false, plays: false, age: 2_000 })],
      "a",
      true,
      "b",
    ],
    [
      "the first that comes in place of one that delivers nothing",
      [lost("a"), begun("b")],
      "a",
      true,
      "b",
    ],
    [
      "the first that comes in place of one that has just fallen silent",
      [up("a", { silent: 200 }), begun("b")],
      "a",
      true,
      "b",
    ],
    ["the new one in place of one that never delivered", [mute("a"), mute("b")], "a", true, "b"],
    ["an older one where the newer one is lost", [up("a"), lost("b")], "b", true, "a"],
    ["what is lost where nothing else plays", [mute("a"), lost("b")], "b", true, "b"],
    ["the newest where what it showed is gone", [up("a"), mute("b")], "gone", true, "b"],
  ];
  for (const [title, candidates, shown, wanted, chosen] of cases) {
    it(`shows ${title}`, () => {
      assertEquals(choose(candidates, shown, wanted, patience), chosen);
    });
  }
});

describe("look", () => {
  it("counts what is new, and takes the browser's forgetting for nothing", () => {
    const stamps = [1, 1, 2, undefined, 2, 3];
    const flow = stamps.reduce<ReturnType<typeof beginFlow>>(
      (flow, stamp, index) => look(flow, stamp, 10 * (index + 1)),
      beginFlow(undefined, 0),
    );
    assertEquals(flow, { since: 0, stamp: 3, moves: 3, movedAt: 60 });
  });
});

describe("watchStall", () => {
  const run = (looks: [boolean, boolean, number][]) => {
    let state: Stall = { tag: "idle" };
    return looks.map(([expected, moved, now]) =>
      (state = watchStall(state, {
        limitMs: expected ? SFU.stalledMs : undefined,
        moved,
        now,
      })).tag
    );
  };

  it("is stalled when nothing comes for a while, and flows with the next packet", () => {
    assertEquals(
      run([[true, true, 0], [true, false, SFU.stalledMs - 1], [true, false, SFU.stalledMs], [
        true,
        true,
        900,
      ]]),
      ["flowing", "flowing", "stalled", "flowing"],
    );
  });

  it("gives the first packet more time", () => {
    const { stalledMs, firstPacketMs } = SFU;
    assertEquals(
      run([[true, false, 0], [true, false, stalledMs], [true, false, firstPacketMs]]),
      ["flowing", "flowing", "stalled"],
    );
  });

  it("expects nothing where nobody sends", () => {
    assertEquals(
      run([[true, true, 0], [false, false, 5_000], [true, false, 5_100], [true, false, 5_900]]),
      ["flowing", "idle", "flowing", "flowing"],
    );
  });
});

describe("cameraEncodings", () => {
  const [small, middle, large] = SEND.layerBitrates;
  const cases: [number, number, [boolean, number, number | undefined][]][] = [
    [320, 3, [[true, 1, small], [false, 2, small], [false, 4, small]]],
    [640, 3, [[true, 1, middle], [true, 2, small], [false, 4, small]]],
    [1_280, 3, [[true, 1, large], [true, 2, middle], [true, 4, small]]],
    [1_280, 1, [[true, 1, large]]],
  ];
  for (const [width, count, encodings] of cases) {
    it(`sends ${encodings.filter(([on]) => on).length} of ${count} layers of ${width} pixels`, () => {
      assertEquals(
        cameraEncodings({ getSettings: () => ({ width }) }, count),
        encodings.map(([active, scaleResolutionDownBy, maxBitrate]) => ({
          active,
          scaleResolutionDownBy,
          maxBitrate: maxBitrate!,
        })),
      );
    });
  }
});

describe("withOpusSettings", () => {
  const sdp = (parameters: string) =>
    [
      "v=0",
      "m=audio 9 UDP/TLS/RTP/SAVPF 63 111",
      "a=rtpmap:63 red/48000/2",
      "a=fmtp:63 111/111",
      "a=rtpmap:111 opus/48000/2",
      `a=fmtp:111 ${parameters}`,
      "m=video 9 UDP/TLS/RTP/SAVPF 98",
      "a=rtpmap:98 VP9/90000",
      "a=fmtp:98 profile-id=0",
      "",
    ].join("\r\n");

  it("adds what is missing to Opus, and touches nothing else", () => {
    assertEquals(
      withOpusSettings(sdp("minptime=10")),
      sdp("minptime=10;useinbandfec=1;usedtx=1"),
    );
  });

  it("replaces what says otherwise", () => {
    const settled = withOpusSettings(sdp("useinbandfec=0; usedtx=0;stereo=1"));
    assertStringIncludes(settled, "a=fmtp:111 stereo=1;useinbandfec=1;usedtx=1\r\n");
    assertEquals(withOpusSettings(settled), settled);
  });
});

describe("layerFor", () => {
  it("asks for what is seen, within what the downlink carries", () => {
    const cases = [
      [0, "high", undefined, "low"],
      [160, "high", undefined, "low"],
      [320, "high", undefined, "medium"],
      [1_280, "high", undefined, "high"],
      [1_280, "medium", "high", "medium"],
      [1_280, "low", undefined, "low"],
    ] as const;
    for (const [width, cap, last, layer] of cases) assertEquals(layerFor(width, cap, last), layer);
  });

  it("does not follow a tile that wobbles, but one that vanishes", () => {
    assertEquals(layerFor(LAYERS.mediumUpTo - 10, "high", "high"), "high");
    assertEquals(layerFor(LAYERS.mediumUpTo - 10, "high", "medium"), "medium");
    assertEquals(layerFor(LAYERS.mediumUpTo / 2, "high", "high"), "medium");
    assertEquals(layerFor(0, "high", "high"), "low");
  });
});

describe("feelDownlink", () => {
  const good = { received: 100, lost: 0, freezes: 0 };
  const bad = { received: 80, lost: 20, freezes: 0 };

  it("asks for less when it is bad for a while, and for more when it is good for longer", () => {
    let state = GOOD_DOWNLINK;
    const feel = (sample: typeof good, now: number) =>
      (state = feelDownlink(state, sample, now)).cap;
    assertEquals(feel(bad, 1_000), "high");
    assertEquals(feel(bad, 1_000 + LAYERS.worseAfterMs), "medium");
    assertEquals(feel(bad, 1_000 + 2 * LAYERS.worseAfterMs), "low");
    assertEquals(feel(bad, 60_000), "low");
    assertEquals(feel(good, 70_000), "low");
    const wait = state.betterAfterMs;
    assertEquals(wait, LAYERS.betterAfterMs * 4, "it has been wrong twice");
    assertEquals(feel(good, 70_000 + wait), "medium");
    assertEquals(feel({ received: 0, lost: 0, freezes: 0 }, 500_000), "medium");
  });

  it("takes a moment's loss for nothing", () => {
    let state = GOOD_DOWNLINK;
    for (let now = 0; now < 20_000; now += 1_000) {
      state = feelDownlink(state, now % 2_000 === 0 ? bad : good, now);
    }
    assertEquals(state.cap, "high");
  });
});

describe("Demand", () => {
  const people = [{ id: "a" }, { id: "b" }] as never;

  it("asks only for what has changed, and for all of it anew by another path", () => {
    const demand = new Demand();
    assertEquals(demand.next(people, () => 0, 0), { a: "low", b: "low" });
    assertEquals(demand.next(people, ({ id }) => id === "a" ? 900 : 0, 0), { a: "high" });
    assertEquals(demand.next(people, ({ id }) => id === "a" ? 900 : 0, 0), {});
    demand.reset();
    assertEquals(demand.next(people, () => 0, 0), { a: "low", b: "low" });
  });

  it("asks for all again after a while: an SFU that is busy may have missed it", () => {
    const demand = new Demand();
    const begun = 1_000_000;
    const wide = ({ id }: { id: string }) => id === "a" ? 900 : 0;
    assertEquals(demand.next(people, wide, begun), { a: "high", b: "low" });
    assertEquals(demand.next(people, wide, begun + LAYERS.againMs - 1), {});
    assertEquals(demand.next(people, wide, begun + LAYERS.againMs), { a: "high", b: "low" });
    assertEquals(demand.next(people, wide, begun + LAYERS.againMs + 1_000), {});
  });

  it("asks for less by what has been lost since the last look", () => {
    const demand = new Demand();
    let lost = 50;
    for (let now = 0; now <= LAYERS.worseAfterMs + 1_000; now += 1_000) {
      lost += 50;
      demand.measured([{ received: lost * 2, lost, freezes: 0 }], now);
    }
    assertEquals(demand.next(people, () => 900, 0), { a: "medium", b: "medium" });
  });

  describe("of an SFU", () => {
    /** Asks at each of these moments; what the SFU was asked for. */
    const askAt = (
      times: number[],
      { hasten, state = "connected" }: { hasten?: number; state?: SfuState } = {},
    ) => {
      const asked: unknown[] = [];
      const demand = new Demand();
      const sfu = {
        state,
        arrivals: new Map([["a", new Map()]]),
        layers: (wanted: unknown) => void asked.push(wanted),
      } as Partial<SfuPath> as SfuPath;
      for (const now of times) {
        if (now === hasten) demand.hasten();
        demand.ask(
          sfu,
          [{ remote: { id: "a" } }, { remote: { id: "b" } }] as never,
          () => now,
          now,
        );
      }
      return asked;
    };
    const begun = LAYERS.intervalMs;

    it("asks only of whom something comes by it", () => {
      assertEquals(askAt([begun]), [{ a: "high" }]);
    });

    it("asks nothing before it is connected", () => {
      assertEquals(askAt([begun], { state: "connecting" }), []);
    });

    it("looks from time to time, or when there is a reason", () => {
      const [low, high] = [{ a: "low" }, { a: "high" }];
      assertEquals(askAt([0, LAYERS.intervalMs - 1, LAYERS.intervalMs]), [low, high]);
      const soon = LAYERS.intervalMs - 1;
      assertEquals(askAt([0, soon], { hasten: soon }), [low, high]);
      assertEquals(askAt([0, soon]), [low]);
    });
  });
});

describe("participantReports", () => {
  const report = (entries: Record<string, unknown>[]) =>
    new Map(entries.map((entry) => [entry.id, entry])) as unknown as RTCStatsReport;
  const inbound = report([
    { id: "T", type: "transport", selectedCandidatePairId: "P" },
    {
      id: "P",
      type: "candidate-pair",
      currentRoundTripTime: 0.05,
      localCandidateId: "L",
      availableOutgoingBitrate: 300_000,
      bytesSent: 10,
    },
    { id: "L", type: "local-candidate", candidateType: "relay" },
    { id: "C", type: "codec", mimeType: "audio/opus" },
    {
      id: "1",
      type: "inbound-rtp",
      mid: "0",
      codecId: "C",
      bytesReceived: 100,
      packetsReceived: 10,
    },
    {
      id: "2",
      type: "inbound-rtp",
      mid: "5",
      codecId: "C",
      bytesReceived: 200,
      packetsReceived: 20,
    },
  ]);
  const outbound = report([
    { id: "T", type: "transport", selectedCandidatePairId: "P" },
    { id: "P", type: "candidate-pair", availableOutgoingBitrate: 90_000, bytesSent: 1_000 },
    { id: "C", type: "codec", mimeType: "video/VP8" },
    {
      id: "1",
      type: "outbound-rtp",
      mid: "1",
      codecId: "C",
      bytesSent: 5,
      packetsSent: 1,
      frameWidth: 320,
    },
    {
      id: "2",
      type: "outbound-rtp",
      mid: "1",
      codecId: "C",
      bytesSent: 9,
      packetsSent: 2,
      frameWidth: 640,
    },
    { id: "3", type: "remote-inbound-rtp", localId: "2", fractionLost: 0.25 },
  ]);
  const slots = [
    { mid: "0", participant: "a", kind: "microphone" },
    { mid: "5", participant: "b", kind: "microphone" },
  ] as const;

  it("gives each participant what comes from it, and what is sent to all", () => {
    const all = participantReports({
      slots,
      inbound,
      outbound,
      sent: new Map([["0", "microphone"], ["1", "camera"]]),
    });
    const [a, b] = ["a", "b"].map((id) => participantStats(all.get(id)!));
    assertEquals(a!.inbound.map(({ packetsReceived, codec }) => [packetsReceived, codec]), [
      [10, "audio/opus"],
    ]);
    assertEquals(b!.inbound.map(({ packetsReceived }) => packetsReceived), [20]);
    assertEquals([a!.roundTripTime, a!.localCandidateType], [0.05, "relay"]);
    assertEquals(a!.availableOutgoingBitrate, 90_000, "of the connection that sends");
    assertEquals(a!.outbound.length, 1, "the layers of a camera count together");
    const [camera] = a!.outbound;
    assertEquals(
      [camera!.kind, camera!.bytesSent, camera!.frameWidth, camera!.fractionLost, camera!.codec],
      ["camera", 14, 640, 0.25, "video/VP8"],
    );
  });

  it("says nothing of anybody while nothing arrives", () => {
    const none = { slots: [], inbound: undefined, outbound, sent: new Map() };
    assertEquals(participantReports(none).size, 0);
  });
});
