/**
 * Who may come into a room, and what it may send there.
 *
 * @module
 */
import { POLICY } from "./policy.ts";
import type { Media, Permissions } from "./protocol.ts";
import type { Enter, Refusal } from "./room_event.ts";
import type { RoomState } from "./room_state.ts";
import { meshLimitOf, senderLimitOf, sendersOf } from "./room_topology.ts";
import { isLiftable, topologyView } from "./topology.ts";

/** Why somebody who is not in the room cannot come in, if it cannot. */
export function refusalOf(state: RoomState, event: Enter, now: number): Refusal | undefined {
  const { admission, media, sfus } = event;
  const room = state.key.id;
  if (Object.hasOwn(state.banned, admission.ticket)) {
    return {
      kind: "refused",
      code: "removed",
      message:
        `Cannot enter room "${room}": this token's participant was removed; expected a new token`,
    };
  }
  if (admission.expiresAt <= now) {
    return {
      kind: "refused",
      code: "token_expired",
      message: `Cannot enter room "${room}": the token expired at ${
        new Date(admission.expiresAt).toISOString()
      }; expected one that is still valid`,
    };
  }
  const count = Object.keys(state.members).length;
  if (count >= state.settings.maxParticipants) {
    return full(
      room,
      `it holds ${count} participants; expected fewer than ${state.settings.maxParticipants}`,
    );
  }
  const meshLimit = meshLimitOf(state);
  if (sfus && count >= meshLimit && !isLiftable(topologyView(state, sfus), now)) {
    return full(
      room,
      `it is a mesh of ${count} participants, and there is no SFU to lift it to now; expected fewer than ${meshLimit}`,
    );
  }
  const senderLimit = senderLimitOf(state);
  if (sfus && admission.permissions.publish && sendersOf(state) >= senderLimit) {
    return full(
      room,
      `${senderLimit} who may publish are there, which is as many as a call on an SFU can hold; expected fewer, or a token with publish=false`,
    );
  }
  return permitted(admission.permissions, media);
}

function full(room: string, why: string): Refusal {
  return {
    kind: "refused",
    code: "room_full",
    message: `Cannot enter room "${room}": ${why}`,
    retryAfterMs: POLICY.roomFullRetryMs,
  };
}

/** Why these media cannot be sent, if they cannot. */
export function permitted(permissions: Permissions, media: Media | undefined): Refusal | undefined {
  if (!media || permissions.publish) return undefined;
  if (!media.microphone && !media.camera && !media.screen) return undefined;
  return {
    kind: "refused",
    code: "not_permitted",
    message: `Cannot publish: the token has publish=false; expected media that is all false`,
  };
}
