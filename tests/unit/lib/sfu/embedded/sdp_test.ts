import { assert, assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { PayloadTypes, take } from "../../../../../lib/sfu/embedded/codecs.ts";
import { extensionId, readSdp } from "../../../../../lib/sfu/embedded/sdp_read.ts";
import { MID, writeAnswer, writeOffer } from "../../../../../lib/sfu/embedded/sdp_write.ts";
import { assign, type Section } from "../../../../../lib/sfu/embedded/sections.ts";
import { candidateLines } from "../../../../../lib/sfu/embedded/udp.ts";

const OFFER = `v=0
o=- 1 2 IN IP4 127.0.0.1
s=-
t=0 0
a=fingerprint:sha-256 ab:cd
a=setup:actpass
m=audio 9 UDP/TLS/RTP/SAVPF 111 63 9
a=mid:0
a=sendonly
a=extmap:1 ${MID}
a=rtpmap:111 opus/48000/2
a=rtcp-fb:111 transport-cc
a=fmtp:111 minptime=10;useinbandfec=1;usedtx=1
a=rtpmap:63 red/48000/2
a=fmtp:63 111/111
a=rtpmap:9 G722/8000
m=video 9 UDP/TLS/RTP/SAVPF 45 102 103 96 97
a=mid:1
a=sendonly
a=rtpmap:45 AV1/90000
a=rtpmap:102 H264/90000
a=fmtp:102 packetization-mode=1;profile-level-id=42e01f
a=rtpmap:103 rtx/90000
a=fmtp:103 apt=102
a=rtpmap:96 VP8/90000
a=rtcp-fb:96 nack
a=rtcp-fb:96 nack pli
a=rtpmap:97 rtx/90000
a=fmtp:97 apt=96
a=rid:h send
a=rid:m send
a=rid:l send
a=simulcast:send h;m;~l
m=video 9 UDP/TLS/RTP/SAVPF 102
a=mid:2
a=inactive
a=rtpmap:102 H264/90000
a=fmtp:102 packetization-mode=0
a=ssrc-group:FID 11 12
a=ssrc:11 cname:x
a=ssrc:12 cname:x
`.replaceAll("\n", "\r\n");

const end = {
  ufrag: "ufrag",
  password: "password",
  fingerprint: "AA:BB",
  candidates: ["candidate:1 1 udp 1 192.0.2.1 5000 typ host"],
};

describe("a sender's offer", () => {
  const [audio, camera, screen] = readSdp(OFFER);

  it("is read", () => {
    assertEquals([audio!.media, audio!.mid, audio!.direction], ["audio", "0", "sendonly"]);
    assertEquals([audio!.setup, audio!.fingerprints], [
      "actpass",
      [{ algorithm: "sha-256", value: "AB:CD" }],
    ]);
    assertEquals(camera!.rids, ["h", "m", "l"]);
    assertEquals([screen!.ssrcs, screen!.repeats.get(11)], [[11, 12], 12]);
    assertThrows(() => readSdp("nonsense"), SyntaxError, 'expected "v=0"');
  });

  it("is refused where it says more than a browser would", () => {
    const offer = (...lines: string[]) => ["v=0", "m=audio 9 X 1", ...lines].join("\n");
    const many = (count: number, line: (i: number) => string) =>
      offer(...Array.from({ length: count }, (_, i) => line(i)));
    for (
      const [sdp, said] of [
        [many(256, () => "m=audio 9 X 1"), "257 media sections, expected at most 256"],
        [many(17, (i) => `a=ssrc:${i} cname:x`), "17 SSRCs in a section, expected at most 16"],
        [many(17, (i) => `a=ssrc-group:FID ${i} 9`), "17 pairs of SSRCs"],
        [many(65, (i) => `a=extmap:${i} urn:${i}`), "65 header extensions"],
        [many(17, () => "a=fingerprint:sha-256 AA"), "17 fingerprints"],
        [many(17, () => "a=rtcp-fb:* nack"), "17 kinds of feedback"],
        [offer("a=simulcast:send a;b;c;d"), "4 layers in a section, expected at most 3"],
        [offer(`m=video 9 X${" 1".repeat(65)}`), "65 payload types in a section"],
      ] as const
    ) {
      assertThrows(() => readSdp(sdp), SyntaxError, said);
    }
    assertThrows(() => readSdp(OFFER, 2), SyntaxError, "3 media sections, expected at most 2");
  });

  it("says the id of an extension in any of its sections", () => {
    const sections = readSdp("v=0\nm=audio 9 X 1\nm=video 9 X 2\na=extmap:3 urn:x");
    assertEquals([extensionId(sections, "urn:x"), extensionId(sections, "urn:y")], [3, undefined]);
  });

  it("ends a line wherever somebody else may", () => {
    const [section] = readSdp("v=0\rm=audio 9 X 1\ra=mid:0\r\na=fmtp:1 x\ra=inactive\n");
    assertEquals([section!.mid, section!.direction, section!.formats[0]!.parameters], [
      "0",
      "inactive",
      "x",
    ]);
  });

  it("is taken as far as every receiver can use it", () => {
    const sound = take(audio!)!;
    assertEquals([sound.codec, sound.main.payloadType, sound.red?.payloadType], ["opus", 111, 63]);
    const picture = take(camera!)!;
    assertEquals([picture.codec, picture.main.payloadType, picture.rtx?.payloadType], [
      "vp8",
      96,
      97,
    ]);
    assertEquals(take(screen!), undefined);
  });

  it("is answered with what is taken, all layers, and a place for the repeats", () => {
    const answer = writeAnswer(
      [audio!, camera!, screen!].map((offered) => ({ offered, taken: take(offered), sends: true })),
      end,
    );
    const [sound, picture, nothing] = readSdp(answer);
    assertEquals(sound!.formats.map(({ payloadType }) => payloadType), [63, 111]);
    assert(answer.includes("a=fmtp:111 minptime=10;useinbandfec=1;usedtx=1\r\n"));
    assertEquals(sound!.extensions.get(MID), 1);
    assertEquals(picture!.formats.map(({ payloadType }) => payloadType), [96, 97]);
    assert(answer.includes("a=simulcast:recv h;m;l\r\n"));
    assertEquals(nothing!.port, 0);
    assert(answer.includes("a=group:BUNDLE 0 1\r\n"));
    assertEquals(answer.split("a=candidate:").length - 1, 1);
    assertEquals([sound!.setup, sound!.direction], ["passive", "recvonly"]);
  });
});

describe("an offer to a receiver", () => {
  const taken = readSdp(OFFER).map((section) => take(section));
  const h264 = (profile: string, more = "") =>
    take(
      readSdp([
        "v=0",
        "m=video 9 X 5",
        "a=rtpmap:5 H264/90000",
        `a=fmtp:5 profile-level-id=${profile};packetization-mode=1${more}`,
      ].join("\n"))[0]!,
    )!;

  it("gives the same format the same numbers, and another one others", () => {
    const numbers = new PayloadTypes();
    const vp8 = take(readSdp(OFFER)[1]!)!;
    assertEquals(numbers.offer(vp8), numbers.offer(vp8));
    const [a, b] = [numbers.offer(h264("42e01f")), numbers.offer(h264("640c1f"))];
    assertEquals(numbers.offer(h264("42E01f", ";sprop-parameter-sets=x=;max-fr=9")), a);
    assertEquals(a.parameters, "packetization-mode=1;profile-level-id=42e01f");
    assertEquals(new Set([a.main, a.rtx, b.main, b.rtx, 96, 97]).size, 6);
  });

  it("never gives one number two meanings, however many formats there are", () => {
    const numbers = new PayloadTypes();
    const offered = Array.from(
      { length: 20 },
      (_, i) => numbers.offer(h264(`4${i % 10}00${10 + i}`)),
    );
    const meanings = new Map(offered.map(({ main, parameters }) => [main, parameters]));
    assertEquals(meanings.size, 6);
    for (const { main, parameters } of offered) assertEquals(meanings.get(main), parameters);
    // What has none of its own goes by one of the same profile.
    assertEquals([offered[10], offered[16]], [offered[0], offered[0]]);
  });

  it("says whose each section is, and that a free one is free", () => {
    const numbers = new PayloadTypes();
    const offer = writeOffer(
      [
        {
          mid: "0",
          media: "audio",
          offered: numbers.offer(taken[0]!),
          stream: { group: "p_ada", track: "p_ada-microphone", ssrc: 1, rtxSsrc: 2 },
        },
        { mid: "1", media: "video", offered: numbers.offer(taken[1]!) },
      ],
      end,
      3,
    );
    const [sound, free] = readSdp(offer);
    assertEquals([sound!.direction, sound!.ssrcs], ["sendonly", [1]]);
    assertEquals([free!.direction, free!.ssrcs], ["inactive", []]);
    assert(offer.includes("a=msid:p_ada p_ada-microphone\r\n"));
    assert(offer.includes("a=group:BUNDLE 0 1\r\n") && offer.includes("a=ice-lite\r\n"));
  });
});

describe("the sections of a receiving connection", () => {
  const want = (...uses: string[]) =>
    uses.map((use) => ({ media: use.startsWith("a") ? "audio" as const : "video" as const, use }));
  const held = (sections: readonly Section<string>[]) => sections.map(({ use }) => use);

  it("stay where they are, and are used again only after they were offered as free", () => {
    let sections = assign<string>([], want("a1", "v1"), { number: 1, most: 9 });
    assertEquals(held(sections), ["a1", "v1"]);
    sections = assign(sections, want("a2", "v1"), { number: 2, most: 9 });
    assertEquals(held(sections), [undefined, "v1", "a2"]);
    sections = assign(sections, want("a2", "v1", "a3", "v3"), { number: 3, most: 9 });
    assertEquals(held(sections), ["a3", "v1", "a2", "v3"]);
    assertEquals(sections.map(({ mid }) => mid), ["0", "1", "2", "3"]);
  });

  it("are no more than there may be", () => {
    const sections = assign<string>([], want("a1", "a2", "a3"), { number: 1, most: 2 });
    assertEquals(held(sections), ["a1", "a2"]);
  });
});

describe("candidates", () => {
  it("begin with the announced address, at the port of the socket", () => {
    const lines = candidateLines([{ address: "10.0.0.5", port: 4_000 }], "203.0.113.7");
    assertEquals(lines.map((line) => line.split(" ").slice(4, 6)), [
      ["203.0.113.7", "4000"],
      ["10.0.0.5", "4000"],
    ]);
    const priorities = lines.map((line) => Number(line.split(" ")[3]));
    assert(priorities[0]! > priorities[1]! && priorities[0]! < 2 ** 31);
  });
});
