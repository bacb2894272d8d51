import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { FakeTime } from "@std/testing/time";
import { Ear } from "../../../../client/care/adapt/ear.ts";
import { ADAPT } from "../../../../client/adapt/policy.ts";

const { intervalMs, flowingMs, countedMs, missedMs, goneMs } = ADAPT.ear;

/** An ear for one participant, whose voice the test plays in packets of this length. */
function listening(packetMs = 20) {
  const time = new FakeTime();
  const told: number[] = [];
  let stamp: number | undefined;
  const receiver = () => ({
    getSynchronizationSources: () =>
      stamp === undefined ? [] : [{ timestamp: 0, rtpTimestamp: stamp }],
  });
  let one = receiver();
  const ear = new Ear({
    voices: () => [["ada", one as unknown as RTCRtpReceiver]],
    tell: (_id, ms) => void told.push(ms),
  }, () => Date.now());
  const pass = (ms: number, isPlayed: boolean) => {
    for (let passed = 0; passed < ms; passed += intervalMs) {
      if (isPlayed) stamp = rtpTimestamp(Date.now() - Date.now() % packetMs);
      time.tick(intervalMs);
    }
  };
  return {
    told,
    plays: (ms: number) => pass(ms, true),
    misses: (ms: number) => pass(ms, false),
    /** For so long, one packet comes in each such time. */
    trickles: (ms: number, everyMs: number) => {
      for (let passed = 0; passed < ms; passed += everyMs) {
        pass(everyMs - intervalMs, false);
        pass(intervalMs, true);
      }
    },
    /** Another connection carries the voice from now on. */
    moves: () => {
      one = receiver();
    },
    [Symbol.dispose]: () => {
      ear.close();
      time.restore();
    },
  };
}

/** As a voice's packets have it, from a moment on before it begins anew. */
const rtpTimestamp = (ms: number) => (2 ** 32 - 500 * 48 + ms * 48) % 2 ** 32;

describe("the ear for a voice", () => {
  it("says for how long it has missed one that flowed, ever more seldom", () => {
    using voice = listening();
    voice.plays(flowingMs + intervalMs);
    voice.misses(5 * missedMs);
    assertEquals(voice.told, [missedMs, 2 * missedMs, 4 * missedMs]);
  });

  it("says nothing of gaps between packets", () => {
    using voice = listening();
    voice.plays(flowingMs);
    for (let i = 0; i < 20; i++) {
      voice.misses(missedMs - intervalMs);
      voice.plays(intervalMs);
    }
    assertEquals(voice.told, []);
  });

  it("says it of long packets when two of them are missing", () => {
    using voice = listening(60);
    voice.plays(2 * flowingMs);
    assertEquals(voice.told, []);
    voice.misses(240);
    assertEquals(voice.told, [120, 240]);
  });

  it("says nothing of a voice that has hardly begun, nor of one that has not", () => {
    using voice = listening();
    voice.misses(flowingMs);
    voice.plays(flowingMs / 2);
    voice.misses(flowingMs / 4);
    assertEquals(voice.told, []);
  });

  it("soon says nothing of a voice that pauses (DTX), until it has flowed again", () => {
    using voice = listening();
    voice.plays(2 * countedMs);
    voice.trickles(2_000, 400);
    voice.told.length = 0;
    voice.trickles(60_000, 400);
    assertEquals(voice.told, []);
    voice.plays(flowingMs);
    voice.misses(2 * missedMs);
    assertEquals(voice.told, [missedMs, 2 * missedMs]);
  });

  it("goes on saying it of one of which every eighth packet comes through", () => {
    using voice = listening();
    voice.plays(2 * countedMs);
    const everyMs = 8 * 20;
    voice.trickles(8 * everyMs, everyMs);
    assertEquals(voice.told, Array(8).fill(missedMs));
  });

  it("gives up a voice that is gone for good", () => {
    using voice = listening();
    voice.plays(flowingMs + intervalMs);
    voice.misses(10 * goneMs);
    assertEquals(voice.told.at(-1)! < goneMs, true);
  });

  it("begins anew with another connection", () => {
    using voice = listening();
    voice.plays(flowingMs + intervalMs);
    voice.moves();
    voice.misses(flowingMs / 2);
    assertEquals(voice.told, []);
  });
});
