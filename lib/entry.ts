/**
 * What stands before an entry: the limit on joins, and a good token or session.
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

/** The ticket of who may go on to the room, or why not. `address`: where the socket comes from. */
export async function checkEntry(
  checks: Checks,
  frame: EntryFrame,
  address: string,
): Promise<Ticket | Refusal> {
  const now = Date.now();
  try {
    // Before the token is looked at: guessing is a join too.
    const tooOften = await joinsTooOften(checks, { address }, now);
    if (tooOften) return tooOften;
    const ticket = await ticketOf(checks, frame, now);
    return await joinsTooOften(checks, { tenant: ticket.room.tenant }, now) ?? ticket;
  } catch (error) {
    if (!(error instanceof TokenError)) throw error;
    return { kind: "refused", code: error.code, message: error.message };
  }
}

async function ticketOf({ tokens }: Checks, frame: EntryFrame, now: number): Promise<Ticket> {
  if (frame.type === "resume") return await tokens.verifySession(frame.session, now);
  const ticket = await tokens.verify(frame.token, participantId(now), now);
  if ((frame.room ?? ticket.room.id) === ticket.room.id) return ticket;
  throw new TokenError(
    "token_invalid",
    `Cannot join room "${frame.room}": the token is for room "${ticket.room.id}"; expected a token for this room`,
  );
}

async function joinsTooOften(
  { limits }: Checks,
  subject: Subject,
  now: number,
): Promise<Refusal | undefined> {
  const verdict = await limits.take("join", subject, now);
  if (verdict.kind === "allowed") return undefined;
  const retryAfterMs = Math.max(verdict.retryAfterMs, POLICY.drain.minMs);
  return { kind: "refused", code: "rate_limited", message: denialText(verdict), retryAfterMs };
}
