/**
 * What stands before an entry: the limits on joins, and a good token or session.
 *
 * @module
 */
import { type Ticket, TokenError, type Tokens } from "./auth.ts";
import { participantId } from "./ids.ts";
import { denialText, type Limits, type Subject } from "./limits/mod.ts";
import { POLICY } from "./policy.ts";
import type { ClientFrame } from "./protocol.ts";
import type { Refusal } from "./room_event.ts";

/** A first frame that asks to be let in. */
export type EntryFrame = Extract<ClientFrame, { type: "join" | "resume" }>;

/** Who is asked. */
interface Checks {
  readonly limits: Limits;
  readonly tokens: Tokens;
}

/**
 * Why an address may not ask for an entry now, if it may not: asked before all else, it costs little, and guessing a
 * token is a join too.
 */
export async function checkAddress(
  { limits }: Pick<Checks, "limits">,
  address: string,
): Promise<Refusal | undefined> {
  return await joinsTooOften(limits, { address });
}

/** The ticket of who may go on to the room, or why not. */
export async function checkEntry(
  { limits, tokens }: Checks,
  frame: EntryFrame,
): Promise<Ticket | Refusal> {
  try {
    const ticket = ticketOf(tokens, frame, Date.now());
    return await joinsTooOften(limits, { tenant: ticket.room.tenant }) ?? ticket;
  } catch (error) {
    if (!(error instanceof TokenError)) throw error;
    return { kind: "refused", code: error.code, message: error.message };
  }
}

function ticketOf(tokens: Tokens, frame: EntryFrame, now: number): Ticket {
  if (frame.type === "resume") return tokens.verifySession(frame.session);
  const ticket = tokens.verify(frame.token, participantId(now), now);
  if ((frame.room ?? ticket.room.id) === ticket.room.id) return ticket;
  throw new TokenError(
    "token_invalid",
    `Cannot join room "${frame.room}": the token is for room "${ticket.room.id}"; expected a token for this room`,
  );
}

async function joinsTooOften(limits: Limits, subject: Subject): Promise<Refusal | undefined> {
  const verdict = await limits.take("join", subject, Date.now());
  if (verdict.kind === "allowed") return undefined;
  const retryAfterMs = Math.max(verdict.retryAfterMs, POLICY.drain.minMs);
  return { kind: "refused", code: "rate_limited", message: denialText(verdict), retryAfterMs };
}
