import { isParticipants } from "../../../lib/sfu/janus/ids.ts";
import { janusSfu } from "../../../lib/sfu/janus/mod.ts";
import { JANUS_POLICY } from "../../../lib/sfu/janus/policy.ts";
import { sfuContract } from "../../contract/sfu.ts";
import { janusUrl, startJanus } from "../../helpers/janus_server.ts";
import { quickClient } from "../../helpers/rtc_client.ts";

/** The load is asked for more often, for a test to see it in time. */
const quickPolicy = { ...JANUS_POLICY, loadMs: 200 };

sfuContract("Janus", "shared", async () => {
  const janus = await startJanus();
  return {
    connect: () => janusSfu(janusUrl(janus, { admin: true }), () => {}, quickPolicy),
    makeClient: quickClient,
    async left() {
      const [sessions, rooms] = await Promise.all([janus.sessions(), janus.rooms()]);
      const participants = sessions.filter(isParticipants).length;
      return { sessions: participants, rooms: Object.keys(rooms).length };
    },
    [Symbol.asyncDispose]: janus[Symbol.asyncDispose],
  };
});
