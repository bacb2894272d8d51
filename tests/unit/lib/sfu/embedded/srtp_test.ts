import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { Buffer } from "node:buffer";
import { RtpHeader, SrtcpSession, SrtpSession } from "werift";
import { PROFILES, SrtpReader, SrtpWriter } from "../../../../../lib/sfu/embedded/srtp.ts";
import { readRtp, writeHeader } from "../../../../../lib/sfu/embedded/rtp.ts";
import { pli } from "../../../../../lib/sfu/embedded/rtcp.ts";

const bytes = (length: number, from: number) =>
  Uint8Array.from({ length }, (_, i) => (from + 37 * i) & 0xff);

for (const profile of PROFILES) {
  // The other implementation leaves the ciphers of AES-CM to the garbage collector.
  const ours = { sanitizeResources: profile === 7 };
  describe(`SRTP, profile ${profile}`, ours, () => {
    const saltLength = profile === 7 ? 12 : 14;
    const key = { profile, key: bytes(16, 1), salt: bytes(saltLength, 2) };
    const otherKey = { profile, key: bytes(16, 3), salt: bytes(saltLength, 4) };
    const keys = {
      localMasterKey: Buffer.from(key.key),
      localMasterSalt: Buffer.from(key.salt),
      remoteMasterKey: Buffer.from(otherKey.key),
      remoteMasterSalt: Buffer.from(otherKey.salt),
    };
    const payload = bytes(100, 5);
    const packetOf = (sequence: number) => ({
      payloadType: 96,
      marker: true,
      sequence,
      timestamp: 4_000_000_000,
      ssrc: 0xdead_beef,
    });

    function readerAndWriter() {
      const [reader, writer] = [new SrtpReader(key), new SrtpWriter(key)];
      const send = (sequence: number) => writer.rtp(writeHeader(packetOf(sequence)), payload)!;
      return { reader, writer, send };
    }

    it("is read by another implementation", () => {
      const other = new SrtpSession({
        keys: {
          ...keys,
          remoteMasterKey: keys.localMasterKey,
          remoteMasterSalt: keys.localMasterSalt,
        },
        profile,
      });
      const sealed = new SrtpWriter(key).rtp(writeHeader(packetOf(7)), payload)!;
      assertEquals(Uint8Array.from(other.decrypt(sealed).subarray(12)), payload);
    });

    it("reads another implementation", () => {
      const other = new SrtpSession({ keys, profile });
      const { payloadType, marker, sequence, timestamp, ssrc } = packetOf(7);
      const header = new RtpHeader({
        payloadType,
        marker,
        sequenceNumber: sequence,
        timestamp,
        ssrc,
      });
      const sealed = other.encrypt(Buffer.from(payload), header);
      assertEquals(Uint8Array.from(new SrtpReader(key).rtp(sealed, 12)!), payload);
    });

    it("understands another implementation's RTCP, and is understood", () => {
      const other = new SrtcpSession({ keys, profile });
      const packet = Buffer.from(pli(1, 2));
      const plain = Uint8Array.from(packet);
      assertEquals(Uint8Array.from(new SrtpReader(key).rtcp(other.encrypt(packet))!), plain);
      const back = new SrtcpSession({
        keys: {
          ...keys,
          remoteMasterKey: keys.localMasterKey,
          remoteMasterSalt: keys.localMasterSalt,
        },
        profile,
      });
      assertEquals(Uint8Array.from(back.decrypt(new SrtpWriter(key).rtcp(packet))), plain);
    });

    it("goes on when the sequence numbers begin again, and takes what comes late", () => {
      const { reader, send } = readerAndWriter();
      const order = [65_533, 65_535, 1, 65_534, 0, 3, 2];
      const sent = new Map(
        order.toSorted((a, b) => ((a - b) << 16) >> 16).map((n) => [n, send(n)]),
      );
      for (const n of order) assert(reader.rtp(sent.get(n)!, 12) !== undefined, `of ${n}`);
    });

    it("goes on after a long silence of up to half of all sequence numbers", () => {
      const { reader, send } = readerAndWriter();
      for (const n of [60_000, 20_000, 50_000, 10_000]) {
        assert(reader.rtp(send(n), 12) !== undefined, `of ${n}`);
      }
    });

    it("takes nothing twice", () => {
      const { reader, send } = readerAndWriter();
      const first = send(1);
      assert(reader.rtp(first, 12) !== undefined);
      assertEquals(reader.rtp(first, 12), undefined);
      for (let n = 2; n < 2_000; n++) reader.rtp(send(n), 12);
      assertEquals(reader.rtp(first, 12), undefined);
    });

    it("seals nothing else under an index that was used, and the same again as it was", () => {
      const { writer, send } = readerAndWriter();
      const other = (sequence: number) =>
        writer.rtp(writeHeader(packetOf(sequence)), bytes(100, 6));
      const first = send(40_000);
      assertEquals(send(40_000), first);
      assertEquals(other(40_000), undefined);
      assert(other(40_300) !== undefined);
      assertEquals(send(40_000), first);
      assertEquals([send(40_300), other(40_000)], [undefined, undefined]);
      assert(other(40_100) !== undefined);
      // What it does not know any more it does not take for unused.
      assert(send(40_600) !== undefined);
      assertEquals([send(40_000), other(40_000)], [undefined, undefined]);
    });

    it("counts the RTCP of each source by itself", () => {
      const reader = new SrtpReader(key);
      const [one, two] = [new SrtpWriter(key), new SrtpWriter(key)];
      assert(reader.rtcp(one.rtcp(pli(1, 9))) !== undefined);
      const second = two.rtcp(pli(2, 9));
      assert(reader.rtcp(second) !== undefined);
      assertEquals(reader.rtcp(second), undefined);
    });

    it("takes nothing that was changed on the way, and is not put off by it", () => {
      const { reader, writer, send } = readerAndWriter();
      const sealed = send(9);
      for (let i = 0; i < sealed.length; i++) {
        const changed = Buffer.from(sealed);
        changed[i]! ^= 0x40;
        if (readRtp(changed)?.length !== 12) continue;
        assertEquals(reader.rtp(changed, 12), undefined, `byte ${i}`);
      }
      assert(reader.rtp(sealed, 12) !== undefined);
      const rtcp = writer.rtcp(pli(1, 2));
      for (let i = 0; i < rtcp.length; i++) {
        const changed = Buffer.from(rtcp);
        changed[i]! ^= 0x40;
        assertEquals(reader.rtcp(changed), undefined, `byte ${i}`);
      }
      for (const length of [0, 1, 12, 20]) {
        assertEquals(reader.rtcp(rtcp.subarray(0, length)), undefined);
        assertEquals(reader.rtp(sealed.subarray(0, Math.max(12, length)), 12), undefined);
      }
    });
  });
}
