/**
 * What a participant keeps of its session at an SFU, so that any node can go on with it: signed, because whoever could
 * name another's session would have it.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { createHmac, timingSafeEqual } from "node:crypto";

/** Whose session it is, and where. */
export interface SfuClaim {
  room: string;
  epoch: number;
  participant: string;
  sfu: string;
  /** The SFU's own, see `SfuSession.ticket`. */
  session: string;
}

const fieldsOf = ({ room, epoch, participant, sfu, session }: SfuClaim) =>
  JSON.stringify([room, epoch, participant, sfu, session]);

/** The ticket for a session. */
export function signTicket(secret: string, claim: SfuClaim): string {
  const session = Buffer.from(claim.session).toString("base64url");
  return `${session}.${mac(secret, claim).toString("base64url")}`;
}

/** The SFU's own ticket, if `ticket` is one for exactly this; otherwise `undefined`. */
export function readTicket(
  secret: string,
  ticket: string,
  claim: Omit<SfuClaim, "session">,
): string | undefined {
  const [body = "", signature = ""] = ticket.split(".");
  const session = Buffer.from(body, "base64url").toString();
  const given = Buffer.from(signature, "base64url");
  const good = mac(secret, { ...claim, session });
  return given.length === good.length && timingSafeEqual(given, good) ? session : undefined;
}

function mac(secret: string, claim: SfuClaim) {
  return createHmac("sha256", secret).update(`sfu ${fieldsOf(claim)}`).digest();
}
