/**
 * The session descriptions of the SFU's own end.
 *
 * @module
 */
import type { Offered, Taken } from "./codecs.ts";
import { EMBEDDED } from "./policy.ts";
import type { Format, MediaSection } from "./sdp_read.ts";

export const MID = "urn:ietf:params:rtp-hdrext:sdes:mid";
export const RID = "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id";
export const REPEATED_RID = "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id";
export const TRANSPORT_CC =
  "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01";

/** The SFU's end of one connection. */
export interface LocalEnd {
  readonly ufrag: string;
  readonly password: string;
  /** SHA-256 of the certificate. */
  readonly fingerprint: string;
  /** `candidate:...` (RFC 8839 §5.1). */
  readonly candidates: readonly string[];
}

function description(
  { version, mids, media }: { version: number; mids: readonly string[]; media: string[] },
): string {
  return [
    "v=0",
    // The address is never used; ICE has the addresses (RFC 8839 §4.3).
    `o=- 1 ${version} IN IP4 127.0.0.1`,
    "s=-",
    "t=0 0",
    "a=ice-lite",
    ...(mids.length === 0 ? [] : [`a=group:BUNDLE ${mids.join(" ")}`]),
    "a=msid-semantic: WMS *",
    ...media,
    "",
  ].join("\r\n");
}

function transport(end: LocalEnd, setup: "actpass" | "passive", first: boolean): string[] {
  return [
    "c=IN IP4 0.0.0.0",
    "a=rtcp:9 IN IP4 0.0.0.0",
    `a=ice-ufrag:${end.ufrag}`,
    `a=ice-pwd:${end.password}`,
    `a=fingerprint:sha-256 ${end.fingerprint}`,
    `a=setup:${setup}`,
    // All sections share the transport of the first.
    ...(first ? [...end.candidates.map((line) => `a=${line}`), "a=end-of-candidates"] : []),
  ];
}

/** A section of an answer: what of the offer's section is taken, undefined for nothing of it. */
export interface AnswerSection {
  readonly offered: MediaSection;
  readonly taken?: Taken;
  /** Whether the other side sends in it. */
  readonly sends: boolean;
}

/** The answer to the offer of a sending connection. */
export function writeAnswer(sections: readonly AnswerSection[], end: LocalEnd): string {
  const used = sections.filter(({ taken }) => taken !== undefined);
  return description({
    version: 1,
    mids: used.map(({ offered }) => offered.mid),
    media: sections.flatMap((section) => answerSection(section, end, section === used[0])),
  });
}

function answerSection(section: AnswerSection, end: LocalEnd, first: boolean): string[] {
  const { offered, taken, sends } = section;
  if (taken === undefined) {
    const any = offered.formats[0]?.payloadType ?? 0;
    return [`m=${offered.media} 0 UDP/TLS/RTP/SAVPF ${any}`, "c=IN IP4 0.0.0.0", "a=inactive"];
  }
  // What comes first is what a browser sends.
  const formats = [taken.red, taken.main, taken.rtx].filter((format) => format !== undefined);
  const rids = sends ? offered.rids : [];
  return [
    `m=${offered.media} 9 UDP/TLS/RTP/SAVPF ${formats.map((f) => f.payloadType).join(" ")}`,
    ...transport(end, "passive", first),
    `a=mid:${offered.mid}`,
    ...[MID, RID, REPEATED_RID, TRANSPORT_CC].flatMap((uri) => {
      const id = offered.extensions.get(uri);
      return id === undefined ? [] : [`a=extmap:${id} ${uri}`];
    }),
    sends ? "a=recvonly" : "a=inactive",
    "a=rtcp-mux",
    "a=rtcp-rsize",
    ...formats.flatMap(answerFormat),
    ...rids.map((rid) => `a=rid:${rid} recv`),
    ...(rids.length === 0 ? [] : [`a=simulcast:recv ${rids.join(";")}`]),
  ];
}

const FEEDBACK = ["nack", "nack pli", "ccm fir", "transport-cc"];
const NAMES: Record<string, string> = { vp8: "VP8", h264: "H264" };

function answerFormat(format: Format): string[] {
  const { payloadType, name, clockRate, channels, parameters, feedback } = format;
  const map = `${NAMES[name] ?? name}/${clockRate}${channels > 1 ? `/${channels}` : ""}`;
  // The way has carried a call already: Chromium need not begin with 300 kbit/s, which shows the smallest layer only.
  const start = name in NAMES ? `x-google-start-bitrate=${EMBEDDED.startKbps}` : "";
  const said = [parameters, start].filter((part) => part !== "").join(";");
  return [
    `a=rtpmap:${payloadType} ${map}`,
    // Chromium does not offer to repeat sound, but does so when it is asked to.
    ...FEEDBACK.filter((kind) => feedback.includes(kind) || (kind === "nack" && name === "opus"))
      .map((kind) => `a=rtcp-fb:${payloadType} ${kind}`),
    ...(said === "" ? [] : [`a=fmtp:${payloadType} ${said}`]),
  ];
}

/** A section of an offer. `stream`: what is sent in it, undefined while nothing is. */
export interface OfferSection {
  readonly mid: string;
  readonly media: "audio" | "video";
  readonly offered: Offered;
  readonly stream?: {
    /** Tracks with the same one are played in step (RFC 8830). */
    readonly group: string;
    readonly track: string;
    readonly ssrc: number;
    readonly rtxSsrc: number;
  };
}

/** An offer of a receiving connection. */
export function writeOffer(
  sections: readonly OfferSection[],
  end: LocalEnd,
  version: number,
): string {
  return description({
    version,
    mids: sections.map(({ mid }) => mid),
    media: sections.flatMap((section, i) => offerSection(section, end, i === 0)),
  });
}

function offerSection(section: OfferSection, end: LocalEnd, first: boolean): string[] {
  const { mid, media, offered, stream } = section;
  const { main, red, rtx } = offered;
  const payloadTypes = [red, main, rtx].filter((number) => number !== undefined);
  return [
    `m=${media} 9 UDP/TLS/RTP/SAVPF ${payloadTypes.join(" ")}`,
    ...transport(end, "actpass", first),
    `a=mid:${mid}`,
    stream === undefined ? "a=inactive" : "a=sendonly",
    "a=rtcp-mux",
    "a=rtcp-rsize",
    ...offeredFormats(offered),
    ...(stream === undefined ? [] : streamLines(stream, rtx !== undefined)),
  ];
}

function offeredFormats({ codec, main, parameters, red, rtx }: Offered): string[] {
  if (codec === "opus") {
    return [
      ...(red === undefined
        ? []
        : [`a=rtpmap:${red} red/48000/2`, `a=fmtp:${red} ${main}/${main}`]),
      `a=rtpmap:${main} opus/48000/2`,
      `a=rtcp-fb:${main} nack`,
      `a=fmtp:${main} ${parameters}`,
    ];
  }
  return [
    `a=rtpmap:${main} ${NAMES[codec]}/90000`,
    `a=rtcp-fb:${main} nack`,
    `a=rtcp-fb:${main} nack pli`,
    `a=rtcp-fb:${main} ccm fir`,
    ...(parameters === "" ? [] : [`a=fmtp:${main} ${parameters}`]),
    ...(rtx === undefined ? [] : [`a=rtpmap:${rtx} rtx/90000`, `a=fmtp:${rtx} apt=${main}`]),
  ];
}

function streamLines(
  { group, track, ssrc, rtxSsrc }: NonNullable<OfferSection["stream"]>,
  repeats: boolean,
): string[] {
  const lines = (
    of: number,
  ) => [`a=ssrc:${of} cname:${group}`, `a=ssrc:${of} msid:${group} ${track}`];
  return [
    `a=msid:${group} ${track}`,
    ...(repeats ? [`a=ssrc-group:FID ${ssrc} ${rtxSsrc}`] : []),
    ...lines(ssrc),
    ...(repeats ? lines(rtxSsrc) : []),
  ];
}
