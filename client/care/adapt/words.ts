/**
 * What the far end's SDP would have to say for us to send in another way. Pure.
 *
 * @module
 */
import type { Voice } from "../../adapt/ladder.ts";
import { VOICE } from "../../adapt/policy.ts";

/** A description as an answer. Whoever has answered an offer has taken the active part of the handshake (RFC 8842 §5.3). */
export function asAnswer(sdp: string): string {
  return sdp.replaceAll("a=setup:actpass", "a=setup:passive");
}

/** Has a voice sent as wanted, by a far end's description. */
export function withVoice(sdp: string, voice: Voice): string {
  const [session, ...sections] = sdp.split(/(?=^m=)/m);
  // The first section is the microphone's.
  const [microphone = "", ...rest] = sections;
  return [session, spoken(microphone, voice), ...rest].join("");
}

/** Has nothing sent in some sections. */
export function without(sdp: string, indices: readonly number[]): string {
  const [session, ...sections] = sdp.split(/(?=^m=)/m);
  // An SFU only receives.
  for (const index of indices) {
    sections[index] = (sections[index] ?? "").replace(/^a=sendrecv/m, "a=sendonly")
      .replace(/^a=recvonly/m, "a=inactive");
  }
  return [session, ...sections].join("");
}

/** Has those of a picture's layers sent that are active, and no others: an answer has a say in that, too. */
export function withLayers(
  sdp: string,
  layers: readonly { rid?: string; active?: boolean }[],
): string {
  const rids = layers.map(({ rid, active = true }) => active ? rid : `~${rid}`);
  return sdp.replace(/^a=simulcast:recv [^\r\n]*/m, `a=simulcast:recv ${rids.join(";")}`);
}

function spoken(section: string, voice: Voice): string {
  const payload = (codec: string) =>
    new RegExp(`^a=rtpmap:(\\d+) ${codec}/48000`, "mi").exec(section)?.[1];
  const [opus, red] = [payload("opus"), payload("red")];
  if (opus === undefined) return section;
  const first = voice === "doubled" && red !== undefined ? [red, opus] : [opus];
  const ordered = section.replace(/^(m=\S+ \S+ \S+) (.*)$/m, (_, head: string, all: string) => {
    const given = all.trim().split(" ");
    return [head, ...first, ...given.filter((one) => !first.includes(one))].join(" ");
  });
  if (voice !== "lean") return ordered;
  const { packetMs, bitrate } = VOICE.lean;
  return ordered
    .replace(/^a=ptime:.*\r\n/m, "")
    .replace(new RegExp(`^a=fmtp:${opus} .*$`, "m"), `$&;maxaveragebitrate=${bitrate}`)
    .replace(new RegExp(`^a=rtpmap:${opus} .*$`, "m"), `$&\r\na=ptime:${packetMs}`);
}
