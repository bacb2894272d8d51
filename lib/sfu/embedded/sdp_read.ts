/**
 * Session descriptions (RFC 8866, RFC 8829), as far as an SFU acts on them.
 *
 * @module
 */
import { EMBEDDED } from "./policy.ts";

export type Direction = "sendrecv" | "sendonly" | "recvonly" | "inactive";

/** One payload type of a media section. */
export interface Format {
  readonly payloadType: number;
  /** In lower case. */
  name: string;
  clockRate: number;
  channels: number;
  parameters: string;
  readonly feedback: string[];
}

/** A media section. */
export interface MediaSection {
  readonly media: string;
  readonly port: number;
  mid: string;
  direction: Direction;
  /** In the order of preference. */
  readonly formats: Format[];
  /** By URI. */
  readonly extensions: Map<string, number>;
  readonly ssrcs: number[];
  /** The SSRC that repeats, by the one that is repeated (RFC 4588, RFC 5576 §4.2). */
  readonly repeats: Map<number, number>;
  /** Of a simulcast (RFC 8853), best first. */
  rids: string[];
  setup: string;
  readonly fingerprints: Fingerprint[];
}

export interface Fingerprint {
  readonly algorithm: string;
  /** In upper case, with colons. */
  readonly value: string;
}

/**
 * `most`: how many media sections it may have.
 *
 * @throws {SyntaxError} where it is none, or says more than a browser would, with what was expected.
 */
export function readSdp(sdp: string, most: number = EMBEDDED.sectionsMost): MediaSection[] {
  // Whoever gets a part of it again may end lines at any of these.
  const lines = sdp.split(/\r\n|\n|\r/);
  if (lines[0] !== "v=0") {
    throw new SyntaxError(
      `Cannot read a session description: it begins with ${
        JSON.stringify(lines[0]?.slice(0, 20))
      }, ` +
        `expected "v=0"`,
    );
  }
  const session = emptySection("session", 0);
  const sections: MediaSection[] = [];
  for (const line of lines) {
    if (line.startsWith("m=")) {
      bound(sections.length + 1, most, "media sections");
      sections.push(mediaLine(line, session));
    } else if (line.startsWith("a=")) attribute(sections.at(-1) ?? session, line.slice(2));
  }
  for (const section of sections) {
    if (section.fingerprints.length === 0) section.fingerprints.push(...session.fingerprints);
    if (section.setup === "") section.setup = session.setup;
  }
  return sections;
}

/** The id of a header extension in sections that share a transport: the same in all (RFC 8843 §9.1) that have it. */
export function extensionId(sections: readonly MediaSection[], uri: string): number | undefined {
  return sections.map(({ extensions }) => extensions.get(uri)).find((id) => id !== undefined);
}

/** @throws {SyntaxError} */
function bound(count: number, most: number, what: string): void {
  if (count <= most) return;
  throw new SyntaxError(
    `Cannot read a session description: it has ${count} ${what}, expected at most ${most}`,
  );
}

function emptySection(media: string, port: number): MediaSection {
  return {
    media,
    port,
    mid: "",
    direction: "sendrecv",
    formats: [],
    extensions: new Map(),
    ssrcs: [],
    repeats: new Map(),
    rids: [],
    setup: "",
    fingerprints: [],
  };
}

function mediaLine(line: string, session: MediaSection): MediaSection {
  const [media = "", port = "", , ...payloadTypes] = line.slice(2).split(" ");
  const section = emptySection(media, Number(port));
  bound(payloadTypes.length, EMBEDDED.formatsMost, "payload types in a section");
  section.direction = session.direction;
  for (const [uri, id] of session.extensions) section.extensions.set(uri, id);
  for (const payloadType of payloadTypes.map(Number)) {
    if (!Number.isInteger(payloadType)) continue;
    section.formats.push(
      { payloadType, name: "", clockRate: 0, channels: 1, parameters: "", feedback: [] },
    );
  }
  return section;
}

function attribute(section: MediaSection, text: string): void {
  const colon = text.indexOf(":");
  const name = colon < 0 ? text : text.slice(0, colon);
  const value = colon < 0 ? "" : text.slice(colon + 1);
  switch (name) {
    case "sendrecv":
    case "sendonly":
    case "recvonly":
    case "inactive":
      section.direction = name;
      break;
    case "mid":
      section.mid = value;
      break;
    case "setup":
      section.setup = value;
      break;
    case "fingerprint": {
      const [algorithm = "", digest = ""] = value.split(" ");
      section.fingerprints.push({
        algorithm: algorithm.toLowerCase(),
        value: digest.toUpperCase(),
      });
      bound(section.fingerprints.length, EMBEDDED.fingerprintsMost, "fingerprints");
      break;
    }
    case "extmap": {
      const [id = "", uri = ""] = value.split(" ");
      section.extensions.set(uri, parseInt(id, 10));
      bound(section.extensions.size, EMBEDDED.extensionsMost, "header extensions in a section");
      break;
    }
    case "rtpmap":
    case "fmtp":
    case "rtcp-fb":
      formatAttribute(section, name, value);
      break;
    case "ssrc": {
      const ssrc = Number(value.split(" ", 1)[0]);
      if (!section.ssrcs.includes(ssrc)) section.ssrcs.push(ssrc);
      bound(section.ssrcs.length, EMBEDDED.ssrcsMost, "SSRCs in a section");
      break;
    }
    case "ssrc-group": {
      const [semantics, main, repeat] = value.split(" ");
      if (semantics === "FID") section.repeats.set(Number(main), Number(repeat));
      bound(section.repeats.size, EMBEDDED.ssrcsMost, "pairs of SSRCs in a section");
      break;
    }
    case "simulcast":
      section.rids = sentRids(value);
      bound(section.rids.length, EMBEDDED.ridsMost, "layers in a section");
      break;
  }
}

function formatAttribute(section: MediaSection, name: string, value: string): void {
  const space = value.indexOf(" ");
  const which = value.slice(0, space);
  const rest = value.slice(space + 1);
  for (const format of section.formats) {
    if (which !== "*" && Number(which) !== format.payloadType) continue;
    if (name === "fmtp") format.parameters = rest;
    else if (name === "rtcp-fb") {
      format.feedback.push(rest);
      bound(format.feedback.length, EMBEDDED.feedbackMost, "kinds of feedback of a payload type");
    } else {
      const [encoding = "", clockRate, channels] = rest.split("/");
      format.name = encoding.toLowerCase();
      format.clockRate = Number(clockRate);
      format.channels = Number(channels ?? 1);
    }
  }
}

/** `send h;m;l recv ...`: of alternatives the first, also where it begins paused (`~`). */
function sentRids(value: string): string[] {
  const words = value.split(" ");
  const list = words[words.indexOf("send") + 1];
  if (!words.includes("send") || list === undefined) return [];
  return list.split(";").map((alternatives) => alternatives.split(",", 1)[0]!.replace(/^~/, ""));
}
