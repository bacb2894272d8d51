import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { Buffer } from "node:buffer";
import {
  type RtcpPacket,
  RtcpPacketConverter,
  RtcpRrPacket,
  RtcpSrPacket,
  RtcpTransportLayerFeedback,
  StatusVectorChunk,
  TransportWideCC,
} from "werift";
import { ArrivalLog } from "../../../../../lib/sfu/embedded/arrivals.ts";
import {
  nack,
  pli,
  readRtcp,
  receiverReport,
  senderReport,
  transportFeedback,
} from "../../../../../lib/sfu/embedded/rtcp.ts";

function other(packet: Uint8Array): RtcpPacket {
  return RtcpPacketConverter.deSerialize(Buffer.from(packet))[0]!;
}

describe("RTCP", () => {
  it("asks for packets again, across the beginning of the numbers", () => {
    const missing = [65_530, 65_535, 0, 10, 11, 400];
    assertEquals(readRtcp(nack(1, 2, missing)), [{ kind: "missing", ssrc: 2, sequences: missing }]);
    assertEquals(
      (other(nack(1, 2, [5, 7])) as unknown as { feedback: { lost: number[] } }).feedback.lost,
      [5, 7],
    );
  });

  it("reads several packets of one datagram, up to what is damaged", () => {
    const compound = Buffer.concat([pli(1, 2), nack(1, 3, [4]), pli(1, 5)]);
    assertEquals(readRtcp(compound).map(({ kind }) => kind), ["keyframe", "missing", "keyframe"]);
    assertEquals(readRtcp(compound.subarray(0, -1)).length, 2);
    assertEquals(readRtcp(new Uint8Array(3)), []);
  });

  it("reads a full intra request for each of its sources", () => {
    const fir = Buffer.alloc(28);
    fir.set([0x84, 206, 0, 6]);
    fir.writeUInt32BE(77, 12);
    fir.writeUInt32BE(78, 20);
    assertEquals(readRtcp(fir), [{ kind: "keyframe", ssrc: 77 }, { kind: "keyframe", ssrc: 78 }]);
  });

  it("tells the clock of a sender", () => {
    const clock = { seconds: 3_900_000_000, fraction: 2_147_483_648, rtp: 90_000 };
    const report = senderReport(7, clock, { packets: 3, bytes: 400 });
    assertEquals(readRtcp(report), [{ kind: "sender", ssrc: 7, clock }]);
    const { senderInfo } = other(report) as RtcpSrPacket;
    assertEquals([senderInfo.packetCount, senderInfo.octetCount], [3, 400]);
  });

  it("tells what was received", () => {
    const block = { ssrc: 5, fractionLost: 25, lost: 70_000, highest: 65_540, jitter: 12 };
    const report = receiverReport(1, [{ ...block, lastReport: 99, sinceLastReport: 3 }]);
    const [read] = (other(report) as RtcpRrPacket).reports;
    assertEquals(
      [read!.ssrc, read!.fractionLost, read!.packetsLost, read!.highestSequence, read!.jitter],
      [5, 25, 70_000, 65_540, 12],
    );
    assertEquals([read!.lsr, read!.dlsr], [99, 3]);
  });
});

describe("transport-wide feedback", () => {
  /** What another implementation reads of it: number -> ms since the first, undefined where it was lost. */
  function readBack(packet: Uint8Array): [number, number | undefined][] {
    const feedback = (other(packet) as RtcpTransportLayerFeedback).feedback as TransportWideCC;
    const symbols = feedback.packetChunks.flatMap((chunk) =>
      (chunk as StatusVectorChunk).symbolList
    );
    const deltas = feedback.recvDeltas.map(({ delta }) => delta / 1_000);
    let ms = -deltas[0]!;
    return symbols.slice(0, feedback.packetStatusCount).map((symbol, i) => {
      const number = (feedback.baseSequenceNumber + i) & 0xffff;
      return [number, symbol === 0 ? undefined : ms += deltas.shift()!];
    });
  }

  it("says what came and when", () => {
    const log = new ArrivalLog();
    const came: [number, number][] = [
      [65_534, 1_000],
      [65_535, 1_000.25],
      [1, 1_063],
      [2, 1_062.5],
      [3, 1_300],
    ];
    for (const [sequence, at] of came) log.note(sequence, at);
    const read = readBack(transportFeedback(1, 2, log.take()!));
    assertEquals(read, [
      [65_534, 0],
      [65_535, 0.25],
      [0, undefined],
      [1, 63],
      [2, 62.5],
      [3, 300],
    ]);
    assertEquals(log.take(), undefined);
  });

  it("goes on where it stopped, and tells of a straggler", () => {
    const log = new ArrivalLog();
    for (const sequence of [10, 11, 13]) log.note(sequence, 5);
    assertEquals(log.take()!.ticks.length, 4);
    log.note(12, 6);
    const late = log.take()!;
    assertEquals([late.base, late.ticks.length, late.count], [12, 1, 1]);
    log.note(14, 7);
    assertEquals(log.take()!.base, 13);
  });

  it("begins anew after a jump", () => {
    const log = new ArrivalLog();
    log.note(1, 0);
    log.note(20_000, 1);
    assertEquals(log.take()!.base, 20_000);
  });
});
