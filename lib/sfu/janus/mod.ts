/**
 * SFUs that are Janus servers with the VideoRoom plugin (1.1.2 or newer, `string_ids = true`), by one connection per
 * node that carries all sessions. Any node can go on with a session, if Janus has a `reclaim_session_timeout`.
 *
 * @module
 */
import { every } from "../../every.ts";
import { errorText, type Log } from "../../log.ts";
import { type Sfu, SfuError, type SfuEvents, type SfuSeat, type SfuSession } from "../mod.ts";
import type { JanusUrl } from "../url.ts";
import { openAdmin } from "./admin.ts";
import { displayOf } from "./display.ts";
import { isRefusal, JANUS_CODES, sfuErrorOf } from "./errors.ts";
import { randomSessionId } from "./ids.ts";
import { handleOf, type JanusLink, openLink, roomDataOf } from "./link.ts";
import { VIDEO_ROOM, type VideoRoomData } from "./messages.ts";
import { JANUS_POLICY, type JanusPolicy } from "./policy.ts";
import { endIfEmpty, janitor, makeRoom, survey } from "./rooms.ts";
import { JanusSession } from "./session.ts";
import { readTicket } from "./ticket.ts";

/** Opens it; it is down until Janus has answered. */
export function janusSfu(url: JanusUrl, log: Log, policy: JanusPolicy = JANUS_POLICY): Sfu {
  const link = openLink(url, policy);
  const admin = url.admin && openAdmin(url.admin, policy);
  let load = 0;

  async function ask(): Promise<void> {
    if (link.health === "up") {
      load = await admin?.participants() ?? (await survey(link)).participants;
    }
  }

  const sweep = janitor(link);
  const stops = [
    every(policy.loadMs, ask),
    every(policy.janitorMs, async () => {
      if (link.health === "up") await sweep();
    }),
  ];
  link.onHealth(() => {
    ask().catch((error) => log("warn", "sfu_load_unknown", { error: errorText(error) }));
    if (link.health === "up" && !link.claimable) {
      const error =
        "Janus has no reclaim_session_timeout: its calls end with the node that began them";
      log("warn", "sfu_not_claimable", { sfu: url.info.id, error });
    }
  });

  return {
    info: url.info,
    reach: "shared",
    get health() {
      return link.health;
    },
    get load() {
      return load;
    },
    get reason() {
      return link.reason;
    },
    onHealth: link.onHealth,
    open: (seat, events) => {
      const parts = { link, policy, seat, events, isPrivate: url.adminKey !== undefined };
      return seat.ticket === undefined ? begin(parts) : resume(parts, seat.ticket);
    },
    async close() {
      for (const stop of stops) stop();
      await Promise.all([link.close(), admin?.close()]);
    },
  };
}

interface Opening {
  readonly link: JanusLink;
  readonly policy: JanusPolicy;
  readonly seat: SfuSeat;
  readonly events: SfuEvents;
  readonly isPrivate: boolean;
}

async function resume({ link, policy, seat, events }: Opening, text: string): Promise<SfuSession> {
  const { session: id, publisher } = readTicket(text, seat);
  const session = new JanusSession({ link, policy, seat, events, session: id, publisher });
  link.join(id, session);
  try {
    await session.recover();
    return session;
  } catch (error) {
    // One that cannot be reached now may be there yet; one that cannot be used is not to be in the way.
    if (error instanceof SfuError && error.code === "session_gone") await link.destroy(id);
    else link.leave(id);
    throw error;
  }
}

/** Tries again when the room was ended by its last participant in the same moment. */
async function begin(opening: Opening): Promise<SfuSession> {
  for (let tries = opening.policy.joinTries; tries > 0; tries--) {
    const session = await beginOnce(opening);
    if (session) return session;
  }
  const { room, participant } = opening.seat;
  throw new SfuError(
    "unavailable",
    `Cannot begin a session of ${participant} in room ${room}: the room ended each time`,
  );
}

async function beginOnce(opening: Opening): Promise<SfuSession | undefined> {
  const { link, policy, seat, events } = opening;
  const id = randomSessionId("participant");
  const attach = { janus: "attach", session_id: id, plugin: VIDEO_ROOM };
  try {
    // Janus takes these in the order in which they come, so none has to wait for another.
    const [, publisher, subscriber] = await Promise.all([
      link.ask({ janus: "create", id }, { doing: "begin a session" }),
      link.ask(attach, { doing: "attach to the VideoRoom" }).then(handleOf),
      seat.subscribe
        ? link.ask(attach, { doing: "attach to the VideoRoom" }).then(handleOf)
        : undefined,
      makeRoom(link, seat.room, opening),
    ]);
    const session = new JanusSession({
      ...{ link, policy, seat, events, session: id, publisher },
      ...subscriber !== undefined && { subscriber },
    });
    link.join(id, session);
    const { publishers = [] } = await joinRoom(opening, id, { publisher, subscriber });
    if (session.over) return undefined;
    session.begin(publishers.map((one) => one.id));
    return session;
  } catch (error) {
    await link.destroy(id);
    if (isRefusal(error, JANUS_CODES.roomNone)) return undefined;
    void endIfEmpty(link, seat.room);
    throw sfuErrorOf(error);
  }
}

async function joinRoom(
  { link, seat }: Opening,
  session: number,
  { publisher, subscriber }: { publisher: number; subscriber: number | undefined },
): Promise<VideoRoomData> {
  const { room, participant } = seat;
  const display = displayOf(subscriber);
  const body = { request: "join", ptype: "publisher", room, id: participant, display };
  const join = async () =>
    roomDataOf(
      await link.ask(
        { janus: "message", session_id: session, handle_id: publisher, body },
        { doing: `join room ${room}` },
      ),
    );
  try {
    return await join();
  } catch (error) {
    if (!isRefusal(error, JANUS_CODES.participantExists)) throw error;
    // A session of the same participant that nobody closed is in the way.
    const kick = { request: "kick", room, id: participant };
    await link.askRooms(kick, `send ${participant} out of room ${room}`).catch((refused) => {
      if (!isRefusal(refused, JANUS_CODES.noSuchFeed)) throw refused;
    });
    return await join();
  }
}
