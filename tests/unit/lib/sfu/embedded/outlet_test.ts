import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { u16, u32 } from "../../../../../lib/sfu/embedded/bytes.ts";
import { Feed } from "../../../../../lib/sfu/embedded/feed.ts";
import { LayerSource } from "../../../../../lib/sfu/embedded/layer_source.ts";
import { Outlet } from "../../../../../lib/sfu/embedded/outlet.ts";
import { EMBEDDED } from "../../../../../lib/sfu/embedded/policy.ts";
import { RepeatBudget } from "../../../../../lib/sfu/embedded/repeat_budget.ts";
import type { Format } from "../../../../../lib/sfu/embedded/sdp_read.ts";
import { SrtpReader, SrtpWriter } from "../../../../../lib/sfu/embedded/srtp.ts";

function format(payloadType: number, name: string, parameters = ""): Format {
  return { payloadType, name, clockRate: 90_000, channels: 1, parameters, feedback: ["nack"] };
}

const key = { profile: 7 as const, key: new Uint8Array(16).fill(1), salt: new Uint8Array(12) };

/** What a receiver gets of one stream of H.264, every packet opened again. */
function line({ rtx = false }: { rtx?: boolean } = {}) {
  const [writer, reader] = [new SrtpWriter(key), new SrtpReader(key)];
  const got: { ssrc: number; sequence: number; payload: Uint8Array }[] = [];
  let refused = 0;
  const transport = {
    connected: true,
    repeats: new RepeatBudget(EMBEDDED.repeatBurst),
    sendRtp(header: Uint8Array, payload: Uint8Array) {
      const sealed = writer.rtp(header, payload);
      const open = sealed === undefined ? undefined : reader.rtp(sealed, 12);
      if (open === undefined) refused++;
      else got.push({ ssrc: u32(header, 8), sequence: u16(header, 2), payload: open });
    },
    sendRtcp: () => {},
  };
  const taken = { codec: "h264" as const, main: format(102, "h264", "packetization-mode=1") };
  const layer = new LayerSource(taken, undefined, { nack: () => {}, keyframe: () => {} });
  layer.ssrc = 5;
  const feed = new Feed("p_ada", "camera", taken);
  feed.layers = [layer];
  const outlet = new Outlet(feed, transport, "high");
  outlet.accept({
    formats: [format(98, "h264"), ...rtx ? [format(99, "rtx", "apt=98")] : []],
    port: 9,
    direction: "recvonly",
  }, 0);
  /** Packet `i` of the stream comes, `now` ms. */
  const send = (i: number, now: number, length = 8) => {
    const payload = new Uint8Array(length).fill(1);
    payload[0] = i === 0 ? 0x65 : 0x41;
    new DataView(payload.buffer).setUint32(4, i);
    const sequence = (1_000 + i) & 0xffff;
    const packet = { codec: "main" as const, marker: true, sequence, timestamp: (i * 90) >>> 0 };
    const media = layer.take(packet, payload, { now, repeated: false });
    if (media !== undefined) feed.packet(layer, media, now);
  };
  return { outlet, send, got, refused: () => refused };
}

const numberOf = (payload: Uint8Array, at = 4) => u32(payload, at);

describe("a stream to a receiver", () => {
  it("goes on for as long as it likes, with losses and late packets, and is repeated at any time", () => {
    const { outlet, send, got, refused } = line();
    const last = 2 ** 17 + 70_000;
    const expected: number[] = [];
    for (let i = 0; i <= last; i++) {
      // One in a hundred is lost, one in a hundred comes three packets late.
      if (i % 100 === 50 || i % 100 === 77) continue;
      send(i, i);
      expected.push(i);
      if (i % 100 === 80) {
        send(i - 3, i);
        expected.push(i - 3);
      }
    }
    assertEquals([got.length, refused()], [expected.length, 0]);
    assert(got.every(({ payload }, i) => numberOf(payload) === expected[i]));
    assertEquals(
      new Set(got.map(({ sequence, payload }) => (sequence - numberOf(payload)) & 0xffff)).size,
      1,
    );
    const { sequence } = got.at(-1)!;
    // The receiver has it already: it is only asked whether the same packet was sealed again.
    outlet.resend([sequence], last + 1_000);
    assertEquals([got.length, refused()], [expected.length, 1]);
  });
});

describe("what a receiver asks for again", () => {
  it("comes as it was, also after the numbers have begun again many times", () => {
    const { outlet, send, got } = line({ rtx: true });
    const last = 2 ** 17 + 40_000;
    for (let i = 0; i <= last; i++) send(i, i);
    const before = got.length;
    const wanted = got.slice(-20).map(({ sequence }) => sequence);
    outlet.resend(wanted, last + 1_000);
    const again = got.slice(before);
    assertEquals(again.map(({ payload }) => u16(payload, 0)), wanted);
    assertEquals(again.map(({ payload }) => numberOf(payload, 6)), [
      ...Array.from({ length: 20 }, (_, i) => last - 19 + i),
    ]);
    assert(again.every(({ ssrc }) => ssrc === outlet.rtxSsrc));
  });

  it("comes once for a while, however often and for however many it asks", () => {
    const { outlet, send, got } = line({ rtx: true });
    for (let i = 0; i < 600; i++) send(i, i);
    const all = got.slice(-EMBEDDED.videoHistory).map(({ sequence }) => sequence);
    const before = got.length;
    for (let i = 0; i < 3; i++) outlet.resend([...all, ...all], 5_000);
    assertEquals(got.length - before, all.length);
    outlet.resend(all, 5_000 + EMBEDDED.resendMs);
    assertEquals(got.length - before, 2 * all.length);
  });

  it("is no more than what is sent anyway, beyond a burst", () => {
    const { outlet, send, got } = line({ rtx: true });
    for (let i = 0; i < 600; i++) send(i, i, 1_000);
    const all = got.slice(-EMBEDDED.videoHistory).map(({ sequence }) => sequence);
    const before = got.length;
    for (let i = 0; i < 100; i++) outlet.resend(all, 5_000 + i * EMBEDDED.resendMs);
    const burst = Math.floor(EMBEDDED.repeatBurst / 1_000);
    assertEquals(got.length - before, burst);
    for (let i = 600; i < 610; i++) send(i, 7_000 + i, 1_000);
    outlet.resend(all, 9_000);
    assertEquals(got.length - before, burst + 20);
  });
});
