/** Which way media takes, and why, as a person reads it. Pure. @module */

/** As an event of the SDK says it. */
interface Told {
  readonly mode: "mesh" | "sfu";
  readonly reason?: string;
  readonly sfu?: { readonly id: string; readonly region: string };
}

const WHY: Record<string, string> = {
  new: "it began so",
  forced: "the room is set to it",
  strain: "someone's network or computer could not carry more",
  unconnected: "two people could not reach each other directly",
  sfu_lost: "the server that forwarded it has failed",
  sfu_unreachable: "someone could not reach the server that forwarded it",
  sfu_draining: "the server that forwarded it is being emptied",
  recalled: "the room was brought back",
  missed: "it changed while you were away",
};

/** `Mesh: media goes straight from person to person` */
export function wayOf({ mode, sfu }: Told): string {
  if (mode === "mesh") return "Mesh: media goes straight from person to person";
  const where = sfu ? ` (${sfu.id}, ${sfu.region})` : "";
  return `SFU: media goes through a server that forwards it${where}`;
}

/** `so many people are here` */
export function whyOf({ mode, reason = "" }: Told): string {
  if (reason === "participants") {
    return mode === "sfu" ? "so many people are here" : "so few people are left";
  }
  return Object.hasOwn(WHY, reason) ? WHY[reason]! : reason;
}
