/**
 * Which of what a sender offers is taken, and how it is offered to the receivers.
 *
 * @module
 */
import type { Format, MediaSection } from "./sdp_read.ts";

export type CodecName = "opus" | "vp8" | "h264";

/** What is taken of a sender's section. */
export interface Taken {
  readonly codec: CodecName;
  readonly main: Format;
  /** Redundant audio (RFC 2198) of `main`. */
  readonly red?: Format;
  /** Repeats of `main` (RFC 4588). */
  readonly rtx?: Format;
}

/** By preference: what every browser can decode comes first. */
const VIDEO: readonly CodecName[] = ["vp8", "h264"];

/** What of the parameters of H.264 is passed on (RFC 6184 §8.1), and what it looks like. */
const H264 = {
  "level-asymmetry-allowed": /^[01]$/,
  "packetization-mode": /^1$/,
  "profile-level-id": /^[0-9a-f]{6}$/i,
};

/** The same for the same format, whatever else was said: it goes to every receiver. */
function h264Parameters(parameters: string): string {
  const given = new Map(
    parameters.split(";").map((part): [string, string] => {
      const [name = "", value = ""] = part.split("=", 2);
      return [name.trim().toLowerCase(), value.trim().toLowerCase()];
    }),
  );
  return Object.entries(H264).flatMap(([name, form]) => {
    const value = given.get(name) ?? "";
    return form.test(value) ? [`${name}=${value}`] : [];
  }).join(";");
}

function isUsable(format: Format): boolean {
  // Only packetization mode 1 is made by every encoder in use.
  return format.name !== "h264" ||
    h264Parameters(format.parameters).includes("packetization-mode=1");
}

/** What to take of `section`; undefined where there is nothing that the SFU forwards. */
export function take(section: MediaSection): Taken | undefined {
  if (section.media === "audio") {
    const main = section.formats.find(({ name }) => name === "opus");
    if (main === undefined) return undefined;
    const red = section.formats.find(({ name, parameters }) =>
      name === "red" && parameters.split("/").every((part) => Number(part) === main.payloadType)
    );
    return { codec: "opus", main, red };
  }
  for (const codec of VIDEO) {
    const found = section.formats.find((format) => format.name === codec && isUsable(format));
    if (found === undefined) continue;
    const main = codec === "h264"
      ? { ...found, parameters: h264Parameters(found.parameters) }
      : found;
    const rtx = section.formats.find(({ name, parameters }) =>
      name === "rtx" && parameters.split(";").includes(`apt=${main.payloadType}`)
    );
    return { codec, main, rtx };
  }
  return undefined;
}

/** What a receiver is offered: the same numbers for the same format in all sections of a connection. */
export interface Offered {
  readonly codec: CodecName;
  readonly main: number;
  readonly parameters: string;
  readonly red?: number;
  readonly rtx?: number;
}

/** How many formats of H.264 have numbers of their own in one connection. */
const H264_MOST = 6;

/** Gives out the payload types of one receiving connection (RFC 8843 §9.1: a number has one meaning). */
export class PayloadTypes {
  readonly #h264 = new Map<string, number>();

  offer({ codec, main, red }: Taken): Offered {
    switch (codec) {
      case "opus":
        return {
          codec,
          main: 111,
          parameters: "minptime=10;useinbandfec=1",
          red: red === undefined ? undefined : 63,
        };
      case "vp8":
        return { codec, main: 96, rtx: 97, parameters: "" };
      case "h264": {
        const parameters = this.#known(main.parameters);
        const number = this.#h264.get(parameters) ?? 98 + 2 * this.#h264.size;
        this.#h264.set(parameters, number);
        return { codec, main: number, rtx: number + 1, parameters };
      }
    }
  }

  /** What has no number of its own any more goes by that of the same profile, or of any: decoders are not particular. */
  #known(parameters: string): string {
    if (this.#h264.has(parameters) || this.#h264.size < H264_MOST) return parameters;
    const known = [...this.#h264.keys()];
    return known.find((other) => profileOf(other) === profileOf(parameters)) ?? known[0]!;
  }
}

/** The profile, without the level. */
function profileOf(parameters: string): string | undefined {
  return /profile-level-id=([0-9a-f]{4})/.exec(parameters)?.[1];
}
