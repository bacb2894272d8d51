/**
 * What is sent: 2 KB of JSON text, as a signal carries it.
 *
 * @module
 */

/** Length of the `data` of a signal, as JSON text, in bytes. */
export const PAYLOAD_BYTES = 2_048;

export type PayloadKind = "sdp" | "plain";

/** `data` of {@linkcode PAYLOAD_BYTES}: a session description as browsers write them, or plain letters. */
export function payload(kind: PayloadKind): unknown {
  return kind === "plain" ? plain() : description();
}

function plain(): string {
  return "abcdefghij".repeat(PAYLOAD_BYTES).slice(0, PAYLOAD_BYTES - 2);
}

/** Lines of a real offer of Chromium, cut to length. Each ends in CR LF, which JSON must escape. */
function description(): unknown {
  let sdp = SDP.join("\r\n") + "\r\n";
  const length = () => JSON.stringify({ peer: 1, type: "offer", sdp }).length;
  const candidate =
    "a=candidate:842163049 1 udp 1677729535 203.0.113.7 46154 typ srflx raddr 192.0.2.4 rport 46154\r\n";
  while (length() + candidate.length + 2 <= PAYLOAD_BYTES) sdp += candidate;
  sdp += "x".repeat(PAYLOAD_BYTES - length());
  return { peer: 1, type: "offer", sdp };
}

const SDP = [
  "v=0",
  "o=- 4611731400430051336 2 IN IP4 127.0.0.1",
  "s=-",
  "t=0 0",
  "a=group:BUNDLE 0 1",
  "a=extmap-allow-mixed",
  "a=msid-semantic: WMS 5c1f7b0e-6a0b-4d7e-9c39-3b2a8f1d6e55",
  "m=audio 9 UDP/TLS/RTP/SAVPF 111 63 9 0 8 13 110 126",
  "c=IN IP4 0.0.0.0",
  "a=rtcp:9 IN IP4 0.0.0.0",
  "a=ice-ufrag:4ZcD",
  "a=ice-pwd:2/1muCWoOi3uLifh0NuRHlig",
  "a=ice-options:trickle",
  "a=fingerprint:sha-256 7B:8B:F0:65:5F:78:E2:51:3B:AC:6F:F3:3F:46:1B:35:DC:B8:5F:64:1A:24:C2:43",
  "a=setup:actpass",
  "a=mid:0",
  "a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level",
  "a=extmap:2 http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time",
  "a=sendrecv",
  "a=rtcp-mux",
  "a=rtpmap:111 opus/48000/2",
  "a=rtcp-fb:111 transport-cc",
  "a=fmtp:111 minptime=10;useinbandfec=1",
  "m=video 9 UDP/TLS/RTP/SAVPF 96 97 102 103",
  "c=IN IP4 0.0.0.0",
  "a=mid:1",
  "a=sendrecv",
  "a=rtcp-mux",
  "a=rtcp-rsize",
  "a=rtpmap:96 VP8/90000",
  "a=rtcp-fb:96 goog-remb",
  "a=rtcp-fb:96 transport-cc",
  "a=rtcp-fb:96 ccm fir",
  "a=rtcp-fb:96 nack pli",
];
