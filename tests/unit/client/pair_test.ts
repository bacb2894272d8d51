import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { FakeTime } from "@std/testing/time";
import type { AttemptOptions } from "../../../client/attempt.ts";
import { Pair } from "../../../client/pair.ts";
import { MESH } from "../../../client/policy.ts";
import { fakePage } from "./fake_page.ts";

/** An attempt as the test sees it. */
interface Dialed extends AttemptOptions {
  signals: Record<string, unknown>[];
  destroyed: boolean;
}

/** A pair whose connections are made, and broken, by the test. */
function begin(
  {
    initiator = true,
    subscribe = true,
    transceivers = [] as RTCRtpTransceiver[],
    refuse,
    from = 0,
  }: {
    initiator?: boolean;
    subscribe?: boolean;
    transceivers?: RTCRtpTransceiver[];
    /** Called in place of making a connection, from number `from` on. */
    refuse?: () => never;
    from?: number;
  } = {},
) {
  const dialed: Dialed[] = [];
  const signals: Record<string, unknown>[] = [];
  const states: string[] = [];
  const shown: number[] = [];
  const warnings: string[] = [];
  const tracks = new Map([["microphone", { id: "t" } as MediaStreamTrack]] as const);
  let number = 0;
  const pair = new Pair({
    id: "bob",
    initiator,
    subscribe,
    tracks: () => tracks,
    number: () => ++number,
    now: () => Date.now(),
    random: () => 0.5,
    dial: (options) => {
      if (options.number >= from) refuse?.();
      const entry: Dialed = { ...options, signals: [], destroyed: false };
      dialed.push(entry);
      return {
        number: options.number,
        pc: { getTransceivers: () => transceivers } as RTCPeerConnection,
        channel: {} as RTCDataChannel,
        signal: (data) => void entry.signals.push(data),
        send: () => {},
        destroy: () => void (entry.destroyed = true),
      };
    },
    events: {
      signal: (data) => void signals.push(data),
      track: () => void shown.push(pair.shown!.number),
      connection: (state) => void states.push(state),
      warning: ({ code }) => void warnings.push(code),
    },
  });
  pair.start();
  return { pair, dialed, signals, states, shown, warnings };
}

/** A slot of sound on which nothing comes before the test says so. */
function silentSlot() {
  const entry = { type: "inbound-rtp", kind: "audio", packetsReceived: 0 };
  const getStats = () => Promise.resolve(new Map([["in", entry]]));
  const transceiver = { receiver: { track: { kind: "audio" }, getStats } };
  return {
    transceiver: transceiver as unknown as RTCRtpTransceiver,
    play: () => void (entry.packetsReceived = 1),
  };
}

/** Keeps what is reported out of the output. */
function quiet(): Disposable {
  const { error } = console;
  console.error = () => {};
  return { [Symbol.dispose]: () => void (console.error = error) };
}

/** A description by which nothing would be encrypted. */
const PLAIN = "m=audio 9 RTP/AVP 0\r\n";
const HASH = Array(32).fill("AB").join(":");
const SECURE = `a=fingerprint:sha-256 ${HASH}\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\n`;

const firstRetryMs = MESH.retry.baseMs / 2;
const numbers = (dialed: Dialed[]) =>
  dialed.filter((entry) => !entry.destroyed).map(({ number }) => number);

describe("Pair, the side that offers", () => {
  it("dials at once, and marks its signals with the number of the attempt", () => {
    using _time = new FakeTime();
    const { pair, dialed, signals, states } = begin();
    dialed[0]!.events.signal({ type: "offer", sdp: "x" });
    assertEquals(signals, [{ peer: 1, type: "offer", sdp: "x" }]);
    pair.handle({ peer: 1, type: "answer", sdp: "y" });
    assertEquals(dialed[0]!.signals, [{ type: "answer", sdp: "y" }]);
    dialed[0]!.events.state("connected");
    assertEquals(states, ["connected"]);
    pair.close();
  });

  it("ignores what belongs to no living attempt", () => {
    using _time = new FakeTime();
    const { pair, dialed } = begin();
    for (const peer of [0, 2, "x", undefined, null]) pair.handle({ peer, type: "offer", sdp: "y" });
    assertEquals(dialed.length, 1);
    assertEquals(dialed[0]!.signals, []);
    pair.close();
  });

  it("gives up an attempt whose answer would not be encrypted, says so, and makes another", async () => {
    using time = new FakeTime();
    const { pair, dialed, warnings } = begin();
    pair.handle({ peer: 1, type: "answer", sdp: PLAIN });
    assertEquals(dialed[0]!.signals, []);
    assertEquals(warnings, ["insecure_description"]);
    await time.tickAsync(firstRetryMs);
    assertEquals(numbers(dialed), [2]);
    pair.close();
  });

  it("replaces what stays disconnected, and not what heals", async () => {
    using time = new FakeTime();
    const { pair, dialed, states } = begin();
    dialed[0]!.events.state("connected");
    dialed[0]!.events.state("disconnected");
    await time.tickAsync(MESH.disconnectedMs - 1);
    dialed[0]!.events.state("connected");
    await time.tickAsync(10_000);
    assertEquals(dialed.length, 1);
    dialed[0]!.events.state("disconnected");
    await time.tickAsync(MESH.disconnectedMs + firstRetryMs);
    assertEquals(numbers(dialed), [1, 2], "the new one is made beside the old one");
    assertEquals(states, ["connected", "reconnecting"]);
    pair.close();
  });

  it("lets the new one take over when it stands, and ends the old one after a while", async () => {
    using time = new FakeTime();
    const { pair, dialed, states } = begin();
    dialed[0]!.events.state("connected");
    pair.refresh("all");
    await time.tickAsync(firstRetryMs);
    assertEquals(pair.shown?.number, 1);
    dialed[1]!.events.state("connected");
    assertEquals(pair.shown?.number, 2);
    assertEquals(numbers(dialed), [1, 2]);
    await time.tickAsync(MESH.lingerMs);
    assertEquals(numbers(dialed), [2]);
    assertEquals(states, ["connected"], "nobody noticed");
    pair.close();
  });

  it("makes another beside one that has fallen silent, and says so, until something comes again", async () => {
    using time = new FakeTime();
    const { pair, dialed, states } = begin();
    dialed[0]!.events.state("connected");
    pair.silent();
    pair.silent();
    await time.tickAsync(firstRetryMs);
    pair.silent();
    await time.tickAsync(firstRetryMs);
    assertEquals(numbers(dialed), [1, 2]);
    pair.heard();
    dialed[1]!.events.state("connected");
    assertEquals(states, ["connected", "reconnecting", "connected"]);
    pair.close();
  });

  it("stays failed while it tries again, until it has connected", async () => {
    using time = new FakeTime();
    const { pair, dialed, states } = begin();
    pair.fail();
    dialed[0]!.events.state("failed");
    pair.silent();
    await time.tickAsync(firstRetryMs);
    assertEquals(states, ["failed"]);
    dialed[1]!.events.state("connected");
    assertEquals(states, ["failed", "connected"]);
    pair.close();
  });

  it("replaces at once what has failed or was closed", async () => {
    for (const end of ["failed", "closed"] as const) {
      using time = new FakeTime();
      const { pair, dialed, states } = begin();
      dialed[0]!.events.state("connected");
      if (end === "failed") dialed[0]!.events.state("failed");
      else dialed[0]!.events.closed();
      await time.tickAsync(firstRetryMs);
      assertEquals(numbers(dialed), [2]);
      dialed[1]!.events.state("connected");
      assertEquals(states, ["connected", "reconnecting", "connected"]);
      pair.close();
    }
  });

  it("tries again and again, later each time, while nothing connects", async () => {
    using time = new FakeTime();
    const { pair, dialed, states } = begin();
    for (const delay of [150, 300, 600, 1_200]) {
      const count = dialed.length;
      await time.tickAsync(MESH.connectTimeoutMs);
      await time.tickAsync(delay - 1);
      assertEquals(dialed.length, count);
      await time.tickAsync(1);
      assertEquals(dialed.length, count + 1);
    }
    assertEquals(numbers(dialed).length, 1);
    assertEquals(states, []);
    pair.close();
  });

  it("makes a new one when asked, but not beside one that is under way", async () => {
    using time = new FakeTime();
    const { pair, dialed } = begin();
    pair.handle({ peer: "again", after: 0 });
    await time.tickAsync(MESH.retry.capMs);
    assertEquals(dialed.length, 1);
    dialed[0]!.events.state("connected");
    pair.handle({ peer: "again", after: 1 });
    pair.handle({ peer: "again", after: 1 });
    await time.tickAsync(firstRetryMs);
    assertEquals(numbers(dialed), [1, 2]);
    pair.close();
  });

  it("makes no more than so many, however often it is asked or told nonsense", async () => {
    const nuisances: Record<string, (pair: Pair, dialed: Dialed[]) => void> = {
      "asks again": (pair) => pair.handle({ peer: "again", after: 1e9 }),
      "answers with what is not encrypted": (pair, dialed) =>
        pair.handle({ peer: dialed.at(-1)!.number, type: "answer", sdp: PLAIN }),
    };
    for (const [what, nuisance] of Object.entries(nuisances)) {
      using time = new FakeTime();
      const { pair, dialed } = begin();
      dialed[0]!.events.state("connected");
      await time.tickAsync(2 * MESH.stableMs);
      pair.refresh("all");
      for (let ms = 0; ms < 60_000; ms += 50) {
        nuisance(pair, dialed);
        await time.tickAsync(50);
      }
      assert(dialed.length <= 20, `${what}: ${dialed.length} in a minute`);
      pair.close();
    }
  });

  it("begins only so often, whatever asks for it", async () => {
    using time = new FakeTime();
    const { pair, dialed } = begin();
    for (let ms = 0; ms < 20_000; ms += 100) {
      pair.refresh("all");
      await time.tickAsync(firstRetryMs);
      ms += firstRetryMs;
    }
    assert(dialed.length <= MESH.beginBurst + 20 * MESH.beginsPerSecond + 1, `${dialed.length}`);
    pair.close();
  });

  it("does not spin when the browser makes no more connections", async () => {
    using time = new FakeTime();
    using _error = quiet();
    let refused = 0;
    const { pair, dialed } = begin({
      refuse: () => {
        refused++;
        throw new Error("too many");
      },
      from: 2,
    });
    dialed[0]!.events.state("connected");
    await time.tickAsync(2 * MESH.stableMs);
    pair.refresh("all");
    await time.tickAsync(60_000);
    assert(refused > 2 && refused <= 16, `${refused}`);
    pair.close();
  });

  it("takes an answer only while it waits for one", () => {
    using _time = new FakeTime();
    const { pair, dialed, warnings } = begin();
    dialed[0]!.events.state("connected");
    pair.handle({ peer: 1, type: "answer", sdp: "x" });
    pair.handle({ peer: 1, type: "answer", sdp: PLAIN });
    assertEquals([dialed[0]!.signals, warnings, numbers(dialed)], [[], [], [1]]);
    pair.close();
  });

  it("has what is being made go on when the service is back", async () => {
    using time = new FakeTime();
    const { pair, dialed } = begin();
    pair.handle({ peer: 1, type: "answer", sdp: SECURE });
    pair.refresh("broken");
    await time.tickAsync(MESH.retry.capMs);
    assertEquals(numbers(dialed), [1], "the first");
    dialed[0]!.events.state("connected");
    dialed[0]!.events.state("failed");
    await time.tickAsync(firstRetryMs);
    pair.handle({ peer: 2, type: "answer", sdp: SECURE });
    for (let n = 0; n < 4; n++) {
      pair.refresh("broken");
      await time.tickAsync(3_000);
    }
    assertEquals(numbers(dialed), [2]);
    pair.close();
  });

  it("begins anew what the far end has not heard of when the service is back", async () => {
    using time = new FakeTime();
    const { pair, dialed } = begin();
    dialed[0]!.events.state("connected");
    dialed[0]!.events.state("failed");
    await time.tickAsync(firstRetryMs);
    pair.refresh("broken");
    await time.tickAsync(firstRetryMs);
    assertEquals([numbers(dialed), dialed[1]!.destroyed], [[3], true]);
    pair.close();
  });

  it("knows whether the far end takes part in what is being made", async () => {
    using time = new FakeTime();
    const { pair, dialed } = begin();
    dialed[0]!.events.state("connected");
    dialed[0]!.events.state("failed");
    await time.tickAsync(firstRetryMs);
    assertEquals(pair.isAnswered, false);
    pair.handle({ peer: 2, type: "answer", sdp: SECURE });
    assertEquals(pair.isAnswered, true);
    pair.close();
  });

  it("leaves alone what works when only the broken is to be made anew", async () => {
    using time = new FakeTime();
    const { pair, dialed } = begin();
    dialed[0]!.events.state("connected");
    pair.refresh("broken");
    await time.tickAsync(MESH.retry.capMs);
    assertEquals(dialed.length, 1);
    pair.close();
  });

  it("gives up the one that is being made when the far end asks for one after it", async () => {
    using time = new FakeTime();
    const { pair, dialed } = begin();
    dialed[0]!.events.state("connected");
    pair.refresh("all");
    await time.tickAsync(firstRetryMs);
    pair.handle({ peer: "again", after: 1 });
    await time.tickAsync(MESH.retry.baseMs);
    assertEquals(numbers(dialed), [1, 2], "asked before it heard of number 2");
    pair.handle({ peer: "again", after: 2 });
    await time.tickAsync(MESH.retry.baseMs);
    assertEquals(numbers(dialed), [1, 3]);
    pair.close();
  });

  it("shows the old one on when the new one fails before it plays", async () => {
    using _page = fakePage();
    using time = new FakeTime();
    const { transceiver, play } = silentSlot();
    const { pair, dialed, shown } = begin({ transceivers: [transceiver] });
    dialed[0]!.events.state("connected");
    pair.refresh("all");
    await time.tickAsync(firstRetryMs);
    dialed[1]!.events.state("connected");
    dialed[1]!.events.closed();
    play();
    await time.tickAsync(MESH.primePollMs + MESH.lingerMs);
    assertEquals(shown, []);
    assertEquals(numbers(dialed), [1, 3]);
    dialed[2]!.events.state("connected");
    await time.tickAsync(MESH.primePollMs + MESH.lingerMs);
    assertEquals(shown, [3]);
    assertEquals(numbers(dialed), [3]);
    pair.close();
  });

  it("takes answers and candidates, and not what only an answering side is told", () => {
    using _time = new FakeTime();
    const { pair, dialed } = begin();
    for (const type of ["offer", "renegotiate", "transceiverRequest", "rollback", undefined]) {
      pair.handle({ peer: 1, type, sdp: "x", renegotiate: true, transceiverRequest: {} });
    }
    assertEquals(dialed[0]!.signals, []);
    pair.handle({ peer: 1, type: "answer", sdp: "x", renegotiate: true });
    assertEquals(dialed[0]!.signals, [{ type: "answer", sdp: "x" }]);
    pair.close();
  });

  it("is not upset by what is no number", () => {
    using _time = new FakeTime();
    const { pair, dialed } = begin();
    for (const odd of [{ valueOf: 1, toString: 1 }, null, "1", 0.5, Infinity, undefined, []]) {
      pair.handle({ peer: "again", after: odd });
      pair.handle({ peer: odd, type: "answer", sdp: "x" });
    }
    assertEquals(dialed[0]!.signals, []);
    pair.close();
  });

  it("takes no more candidates than there can be", () => {
    using _time = new FakeTime();
    const { pair, dialed } = begin();
    for (let n = 0; n < 2 * MESH.candidates; n++) {
      pair.handle({ peer: 1, type: "candidate", candidate: {} });
    }
    assertEquals(dialed[0]!.signals.length, MESH.candidates);
    pair.close();
  });

  it("sends nothing to who may not be sent anything", () => {
    using _time = new FakeTime();
    const open = begin();
    const deaf = begin({ subscribe: false });
    assertEquals([open.dialed[0]!.tracks.size, deaf.dialed[0]!.tracks.size], [1, 0]);
    open.pair.close();
    deaf.pair.close();
  });

  it("ends everything when closed", async () => {
    using time = new FakeTime();
    const { pair, dialed, states } = begin();
    dialed[0]!.events.state("connected");
    pair.close();
    dialed[0]!.events.closed();
    await time.tickAsync(60_000);
    assertEquals(numbers(dialed), []);
    assertEquals(dialed.length, 1);
    assertEquals(states, ["connected"]);
  });
});

describe("Pair, the side that answers", () => {
  it("dials when an offer comes, and for each newer one", () => {
    using _time = new FakeTime();
    const { pair, dialed } = begin({ initiator: false });
    assertEquals(dialed.length, 0);
    pair.handle({ peer: 5, type: "offer", sdp: "a" });
    pair.handle({ peer: 5, type: "candidate", candidate: {} });
    pair.handle({ peer: 4, type: "offer", sdp: "old" });
    pair.handle({ peer: 7, type: "candidate", candidate: {} });
    assertEquals(dialed.map(({ number, signals }) => [number, signals.length]), [[5, 2]]);
    pair.handle({ peer: 6, type: "offer", sdp: "b" });
    pair.handle({ peer: 7, type: "offer", sdp: "c" });
    assertEquals(numbers(dialed), [5, 7], "the one that was replaced before it stood is gone");
    pair.close();
  });

  it("takes no offer by which nothing would be encrypted, says so, and asks for another", async () => {
    using time = new FakeTime();
    const { pair, dialed, signals, warnings } = begin({ initiator: false });
    pair.handle({ peer: 1, type: "offer", sdp: PLAIN });
    assertEquals(dialed, []);
    assertEquals(warnings, ["insecure_description"]);
    await time.tickAsync(MESH.offerTimeoutMs);
    assertEquals(signals, [{ peer: "again", after: 0 }]);
    pair.handle({ peer: 2, type: "offer", sdp: "a" });
    assertEquals(numbers(dialed), [2]);
    pair.close();
  });

  it("warns of a flood of such offers only as often as it takes offers", () => {
    using _time = new FakeTime();
    const { pair, warnings } = begin({ initiator: false });
    for (let peer = 1; peer <= 100; peer++) pair.handle({ peer, type: "offer", sdp: PLAIN });
    assertEquals(warnings.length, MESH.beginBurst);
    pair.close();
  });

  it("takes an attempt's offer once, and no answer", () => {
    using _time = new FakeTime();
    const { pair, dialed } = begin({ initiator: false });
    for (const type of ["offer", "offer", "answer"]) pair.handle({ peer: 1, type, sdp: "a" });
    assertEquals(dialed.map(({ signals }) => signals.length), [1]);
    pair.close();
  });

  it("dials for a flood of offers only as often as repairs need it", async () => {
    using time = new FakeTime();
    const { pair, dialed } = begin({ initiator: false });
    let peer = 0;
    const flood = () => {
      for (let n = 0; n < 100; n++) pair.handle({ peer: ++peer, type: "offer", sdp: "a" });
    };
    flood();
    assertEquals(dialed.length, MESH.beginBurst);
    await time.tickAsync(10_000);
    flood();
    assertEquals(dialed.length, MESH.beginBurst + 10 * MESH.beginsPerSecond);
    pair.close();
  });

  it("asks for an offer that does not come, and again", async () => {
    using time = new FakeTime();
    const { pair, signals } = begin({ initiator: false });
    await time.tickAsync(MESH.offerTimeoutMs);
    assertEquals(signals, [{ peer: "again", after: 0 }]);
    await time.tickAsync(MESH.offerTimeoutMs + firstRetryMs);
    assertEquals(signals.length, 2);
    pair.close();
  });

  it("asks for a new one when its connection is lost, naming the last it knows", async () => {
    using time = new FakeTime();
    const { pair, dialed, signals } = begin({ initiator: false });
    pair.handle({ peer: 3, type: "offer", sdp: "a" });
    dialed[0]!.events.state("connected");
    dialed[0]!.events.closed();
    await time.tickAsync(firstRetryMs);
    assertEquals(signals, [{ peer: "again", after: 3 }]);
    pair.handle({ peer: 4, type: "offer", sdp: "b" });
    await time.tickAsync(MESH.offerTimeoutMs);
    assertEquals(signals.length, 1);
    pair.close();
  });
});
