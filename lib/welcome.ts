import type { Config } from "./config.ts";
import type { LocalRoom } from "./local_room.ts";
import { POLICY } from "./policy.ts";
import { LIMITS, type WelcomeFrame } from "./protocol.ts";
import { memberOf } from "./room_state.ts";
import { participantInfo, roomInfo, topologyInfo } from "./room_view.ts";
import { probesOf, type SfuDirectory } from "./sfu/directory.ts";
import { iceServers } from "./turn.ts";

/** What somebody who was let in is told: who is there, and how to reach them. */
export function welcomeFrame(
  { config, sfus }: { config: Config; sfus: SfuDirectory },
  { room, id, session, resumed }: {
    room: LocalRoom;
    id: string;
    session: string;
    resumed: boolean;
  },
  now: number,
): WelcomeFrame {
  const { members, version, topology } = room.view;
  const probes = probesOf(sfus.views);
  const others = Object.values(members).filter((member) => member.id !== id);
  return {
    type: "welcome",
    self: participantInfo(memberOf(room.view, id)!),
    session,
    resumed,
    room: roomInfo(room.view),
    participants: others.map(participantInfo),
    version,
    topology: { ...topologyInfo(topology), reason: topology.reason },
    ...(probes && { probes }),
    ...iceServers(config, id, now),
    limits: {
      frameLength: LIMITS.frameLength,
      frameUnit: LIMITS.frameUnit,
      framesPerSecond: config.frames.rate,
      frameBurst: config.frames.burst,
      updatesPerSecond: POLICY.updates.rate,
      updateBurst: POLICY.updates.burst,
    },
  };
}
