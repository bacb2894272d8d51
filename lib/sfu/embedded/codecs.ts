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

function isUsable(format: Format): boolean {
  // Only packetization mode 1 is made by every encoder in use.
  return format.name !== "h264" || /(^|;\s*)packetization-mode=1/.test(format.parameters);
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
    const main = section.formats.find((format) => format.name === codec && isUsable(format));
    if (main === undefined) continue;
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
        let number = this.#h264.get(main.parameters);
        if (number === undefined) {
          number = 98 + 2 * (this.#h264.size % 6);
          this.#h264.set(main.parameters, number);
        }
        return { codec, main: number, rtx: number + 1, parameters: main.parameters };
      }
    }
  }
}
