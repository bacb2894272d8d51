/**
 * Where a session is in Janus, for another node to go on with it.
 *
 * @module
 */
import { z } from "zod";
import { SfuError } from "../mod.ts";

const Ticket = z.object({
  /** Session and handle in Janus. */
  session: z.number().int().positive(),
  publisher: z.number().int().positive(),
  room: z.string().max(512),
  participant: z.string().max(64),
});
export type Ticket = z.infer<typeof Ticket>;

export function writeTicket(ticket: Ticket): string {
  return JSON.stringify(ticket);
}

/** @throws {SfuError} `session_gone`, when it is of another kind, or of somebody else. */
export function readTicket(
  text: string,
  { room, participant }: Omit<Ticket, "session" | "publisher">,
): Ticket {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch { /* No ticket of ours is like that. */ }
  const { data } = Ticket.safeParse(json);
  if (data?.room === room && data.participant === participant) return data;
  throw new SfuError(
    "session_gone",
    `Cannot go on with a session: the ticket is not of participant ${participant} in room ${room}`,
  );
}
