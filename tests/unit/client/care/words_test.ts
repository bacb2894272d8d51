import { assertEquals, assertStringIncludes } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { asAnswer, withLayers, without, withVoice } from "../../../../client/care/adapt/words.ts";

const lines = (...text: string[]) => text.map((line) => `${line}\r\n`).join("");

const SESSION = lines("v=0", "a=group:BUNDLE 0 1");
const MICROPHONE = lines(
  "m=audio 9 UDP/TLS/RTP/SAVPF 111 63 9",
  "a=mid:0",
  "a=sendrecv",
  "a=rtpmap:111 opus/48000/2",
  "a=fmtp:111 minptime=10;useinbandfec=1;usedtx=1",
  "a=rtpmap:63 red/48000/2",
  "a=fmtp:63 111/111",
);
const CAMERA = lines("m=video 9 UDP/TLS/RTP/SAVPF 96", "a=mid:1", "a=sendrecv");
const SDP = SESSION + MICROPHONE + CAMERA;

describe("the far end's words for what we send", () => {
  it("are as they were for a plain voice", () => {
    assertEquals(withVoice(SDP, "plain"), SDP);
  });

  it("ask for long packets and few bits for a lean voice", () => {
    const sdp = withVoice(SDP, "lean");
    assertStringIncludes(sdp, lines("a=rtpmap:111 opus/48000/2", "a=ptime:60"));
    assertStringIncludes(
      sdp,
      lines("a=fmtp:111 minptime=10;useinbandfec=1;usedtx=1;maxaveragebitrate=10000"),
    );
    assertEquals(sdp.endsWith(CAMERA), true);
  });

  it("put redundancy first for a doubled voice", () => {
    assertStringIncludes(withVoice(SDP, "doubled"), "m=audio 9 UDP/TLS/RTP/SAVPF 63 111 9\r\n");
  });

  it("leave a voice alone that is not Opus, or has no redundancy", () => {
    const other = SDP.replaceAll("opus", "speex");
    assertEquals(withVoice(other, "lean"), other);
    const single = SDP.replaceAll("red/", "other/");
    assertEquals(withVoice(single, "doubled"), single);
  });

  it("are an answer's, of who has taken the passive part", () => {
    const offered = SDP + lines("a=setup:actpass");
    assertEquals(asAnswer(offered), SDP + lines("a=setup:passive"));
    assertEquals(asAnswer(SDP + lines("a=setup:active")), SDP + lines("a=setup:active"));
  });

  it("take nothing in where there is no picture", () => {
    const sdp = without(SDP, [1]);
    assertEquals(sdp, SESSION + MICROPHONE + CAMERA.replace("sendrecv", "sendonly"));
  });

  it("take nothing in of an SFU that only receives", () => {
    const camera = CAMERA.replace("sendrecv", "recvonly");
    const sdp = without(SESSION + MICROPHONE + camera, [1]);
    assertEquals(sdp, SESSION + MICROPHONE + CAMERA.replace("sendrecv", "inactive"));
  });

  it("take only the layers that are active, where there are several", () => {
    const layers = [{ rid: "h", active: false }, { rid: "m", active: true }, { rid: "l" }];
    assertEquals(
      withLayers(SDP + lines("a=simulcast:recv h;m;l"), layers),
      SDP + lines("a=simulcast:recv ~h;m;l"),
    );
    assertEquals(withLayers(SDP, layers), SDP);
  });
});
