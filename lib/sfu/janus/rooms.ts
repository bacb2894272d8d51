/**
 * Rooms of a VideoRoom: made for the first, ended with the last, and swept up when neither happened as it should.
 *
 * @module
 */
import { isRefusal, JANUS_CODES } from "./errors.ts";
import type { JanusLink } from "./link.ts";
import type { JanusPolicy } from "./policy.ts";

/** What marks rooms as made by this service. */
const DESCRIPTION = "meshlift";

/** Settings of every room: see `create` in janus_videoroom.c. */
function settings(policy: JanusPolicy["room"], isPrivate: boolean) {
  return {
    permanent: false,
    description: DESCRIPTION,
    // Private rooms are told only to those with the admin_key, and so could not be swept up without one.
    is_private: isPrivate,
    publishers: policy.publishers,
    bitrate: policy.bitrate,
    audiocodec: "opus",
    videocodec: "vp8,h264,vp9,av1",
    opus_fec: true,
    opus_dtx: true,
    audiolevel_event: false,
    transport_wide_cc_ext: true,
    notify_joining: false,
  };
}

/** Makes the room where there is none. @throws as `JanusLink.ask` (rejects) */
export async function makeRoom(
  link: JanusLink,
  room: string,
  { policy, isPrivate }: { policy: JanusPolicy; isPrivate: boolean },
): Promise<void> {
  const request = { request: "create", room, ...settings(policy.room, isPrivate) };
  try {
    await link.askRooms(request, `make room ${room}`);
  } catch (error) {
    if (!isRefusal(error, JANUS_CODES.roomExists)) throw error;
  }
}

/** Who is in the room, and whether they send. @throws as `JanusLink.ask` (rejects) */
export async function participantsOf(link: JanusLink, room: string) {
  const { participants = [] } = await link.askRooms(
    { request: "listparticipants", room },
    `list who is in room ${room}`,
  );
  return participants;
}

/** Who sends, but for this one. */
export function sendersOf(
  participants: Awaited<ReturnType<typeof participantsOf>>,
  own: string,
): string[] {
  return participants.filter((one) => one.publisher && one.id !== own).map(({ id }) => id);
}

/** Ends the room if nobody is in it; the janitor does, when that does not work now. Never rejects. */
export async function endIfEmpty(link: JanusLink, room: string): Promise<void> {
  try {
    if ((await participantsOf(link, room)).length > 0) return;
    await link.askRooms({ request: "destroy", room }, `end room ${room}`);
  } catch { /* Somebody else has ended it, or the janitor will. */ }
}

/** How many are in all rooms; of which of ours nobody is in. @throws as `JanusLink.ask` (rejects) */
export async function survey(link: JanusLink): Promise<{ participants: number; empty: string[] }> {
  const { list = [] } = await link.askRooms({ request: "list" }, "list all rooms");
  const participants = list.reduce((sum, room) => sum + room.num_participants, 0);
  const empty = list
    .filter((room) => room.description === DESCRIPTION && room.num_participants === 0)
    .map(({ room }) => room);
  return { participants, empty };
}

/** Ends rooms of ours that were found empty now and the time before. The answer sweeps once. */
export function janitor(link: JanusLink): () => Promise<void> {
  let before = new Set<string>();
  return async () => {
    const { empty } = await survey(link);
    const again = empty.filter((room) => before.has(room));
    before = new Set(empty);
    await Promise.all(again.map((room) => endIfEmpty(link, room)));
  };
}
