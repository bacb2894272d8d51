import { assertEquals, assertStringIncludes } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { insecurity } from "../../../client/description.ts";

const HASH = (bytes: number) => Array.from({ length: bytes }, (_, n) => `${n % 10}A`).join(":");
const SHA256 = `a=fingerprint:sha-256 ${HASH(32)}`;
const AUDIO = "m=audio 9 UDP/TLS/RTP/SAVPF 111";
const VIDEO = "m=video 9 UDP/TLS/RTP/SAVPF 96";
const DATA = "m=application 9 UDP/DTLS/SCTP webrtc-datachannel";

const sdp = (...lines: string[]) =>
  ["v=0", "o=- 1 2 IN IP4 127.0.0.1", "s=-", "t=0 0", ...lines, ""].join("\r\n");

const GOOD: Record<string, string> = {
  "a fingerprint in every section": sdp(AUDIO, SHA256, VIDEO, SHA256, DATA, SHA256),
  "one fingerprint for all sections": sdp(SHA256, AUDIO, VIDEO, DATA),
  "a stronger hash": sdp(`a=fingerprint:sha-512 ${HASH(64)}`, AUDIO),
  "a hash in small letters": sdp(SHA256.toLowerCase(), AUDIO),
  "a hash named in capitals": sdp(SHA256.replace("sha", "SHA"), AUDIO),
  "SAVP": sdp(SHA256, AUDIO.replace("SAVPF", "SAVP")),
  "a rejected section, which carries nothing": sdp(AUDIO, SHA256, "m=video 0 RTP/AVP 96"),
  "bare line feeds": sdp(AUDIO, SHA256).replaceAll("\r\n", "\n"),
};

const BAD: Record<string, [sdp: string, reason: string]> = {
  "no fingerprint": [sdp(AUDIO, VIDEO), "fingerprint"],
  "one section without a fingerprint": [sdp(AUDIO, SHA256, VIDEO), "fingerprint"],
  "a bundled section without one": [
    sdp(AUDIO, SHA256, VIDEO.replace("9", "0"), "a=bundle-only"),
    "fingerprint",
  ],
  "data without a fingerprint": [sdp(AUDIO, SHA256, DATA), "fingerprint"],
  "an empty fingerprint": [sdp(AUDIO, "a=fingerprint:sha-256 "), "fingerprint"],
  "a cut fingerprint": [sdp(AUDIO, `a=fingerprint:sha-256 ${HASH(16)}`), "fingerprint"],
  "SHA-1": [sdp(AUDIO, `a=fingerprint:sha-1 ${HASH(20)}`), "fingerprint"],
  "MD5": [sdp(AUDIO, `a=fingerprint:md5 ${HASH(16)}`), "fingerprint"],
  "SHA-1 beside SHA-256": [sdp(AUDIO, SHA256, `a=fingerprint:sha-1 ${HASH(20)}`), "fingerprint"],
  "SDES beside DTLS": [sdp(AUDIO, SHA256, "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:x"), "keys"],
  "SDES alone": [
    sdp("m=audio 9 RTP/SAVPF 111", "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:x"),
    "keys",
  ],
  "SDES hidden behind a line separator": [
    sdp(AUDIO, SHA256, "a=x:\u2028m=audio 0 x", "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:x"),
    "keys",
  ],
  "plain RTP": [sdp("m=audio 9 RTP/AVP 0", SHA256), "RTP/AVP"],
  "plain RTP with feedback": [sdp(AUDIO, SHA256, "m=video 9 RTP/AVPF 96", SHA256), "RTP/AVPF"],
  "SRTP without DTLS": [sdp("m=audio 9 RTP/SAVPF 111", SHA256), "RTP/SAVPF"],
  "data without DTLS": [sdp(SHA256, "m=application 9 SCTP 5000"), "SCTP"],
  "a section of one word": [sdp(SHA256, "m=audio"), "DTLS"],
};

describe("a description", () => {
  for (const [what, text] of Object.entries(GOOD)) {
    it(`with ${what} is taken`, () => assertEquals(insecurity(text), undefined));
  }

  for (const [what, [text, reason]] of Object.entries(BAD)) {
    it(`with ${what} is refused`, () => assertStringIncludes(insecurity(text) ?? "", reason));
  }

  for (const other of [undefined, null, 5, { toString: 1 }, ["v=0"]]) {
    it(`that is ${JSON.stringify(other)}, and no text, is refused`, () => {
      assertEquals(insecurity(other), "no text");
    });
  }

  for (const garbage of ["garbage", ""]) {
    it(`that is ${JSON.stringify(garbage)} is left to the browser to refuse`, () => {
      assertEquals(insecurity(garbage), undefined);
    });
  }
});
