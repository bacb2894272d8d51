/**
 * What has to be known of session descriptions (RFC 8866) and candidates.
 *
 * @module
 */
import type { IceCandidate, SfuSlot, TrackKind } from "../../protocol.ts";
import { SfuError, SLOTS } from "../mod.ts";

interface Section {
  /** `audio`, `video` or another. */
  media: string;
  /** Its attributes, without `a=`. */
  attributes: string[];
}

const MEDIA: Record<TrackKind, "audio" | "video"> = {
  microphone: "audio",
  camera: "video",
  screen: "video",
  screenAudio: "audio",
};

function sectionsOf(sdp: string): Section[] {
  return sdp.split(/^m=/m).slice(1).map((text) => {
    const lines = text.split(/\r?\n/);
    return {
      media: lines[0]!.split(" ")[0]!,
      attributes: lines.filter((line) => line.startsWith("a=")).map((line) => line.slice(2)),
    };
  });
}

function attribute({ attributes }: Section, name: string): string | undefined {
  return attributes.find((line) => line.startsWith(`${name}:`))?.slice(name.length + 1);
}

/**
 * Whose each section of Janus's offer is that has something to send. With `use_msid` it says so itself (RFC 8830):
 * the stream is named after the participant. Janus gives out sections of each medium in the order of the publisher's.
 */
export function slotsOf(offer: string): SfuSlot[] {
  const slots: SfuSlot[] = [];
  for (const section of sectionsOf(offer)) {
    const mid = attribute(section, "mid");
    const participant = attribute(section, "msid")?.split(" ")[0];
    if (!mid || !participant || section.attributes.includes("inactive")) continue;
    const before = slots.filter((slot) => slot.participant === participant).map(({ kind }) => kind);
    const kind = SLOTS.find((kind) => MEDIA[kind] === section.media && !before.includes(kind));
    if (kind) slots.push({ mid, participant, kind });
  }
  return slots;
}

/** @throws {SfuError} `invalid`, when the offer of a sending connection has not all slots in order. */
export function checkPublication(offer: string): void {
  const sections = sectionsOf(offer);
  const expected = SLOTS.map((kind) => MEDIA[kind]);
  const right = sections.length === expected.length &&
    sections.every(({ media, attributes }, at) =>
      media === expected[at] && !attributes.includes("inactive") && !attributes.includes("recvonly")
    );
  if (right) return;
  const had = sections.map(({ media }) => media.slice(0, 20)).slice(0, 10).join(", ") || "none";
  throw new SfuError(
    "invalid",
    `Cannot publish: the offer had the sections ${had}; expected ${
      expected.join(", ")
    }, all to send`,
  );
}

/** Janus takes the layers of simulcast (RFC 8853) for ordered one way or the other; their names tell. */
export function ridOrderOf(offer: string): "hml" | "lmh" {
  for (const section of sectionsOf(offer)) {
    const [, first] = /^send ~?(\w)/.exec(attribute(section, "simulcast") ?? "") ?? [];
    if (first) return first === "l" || first === "q" ? "lmh" : "hml";
  }
  return "hml";
}

/** A candidate as Janus takes it; `null`, or an empty one: that was the last. */
export function candidateOf(candidate: IceCandidate | null): Record<string, unknown> {
  if (candidate === null || candidate.candidate === "") return { completed: true };
  const { sdpMid, sdpMLineIndex } = candidate;
  return {
    candidate: candidate.candidate,
    ...sdpMid != null && { sdpMid },
    ...sdpMLineIndex != null && { sdpMLineIndex },
  };
}
