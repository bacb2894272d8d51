/**
 * A Janus's admin API, by WebSocket: how many participants it has, for less than by asking for all rooms.
 *
 * @module
 */
import { keepOpen } from "../../bus/keep_open.ts";
import type { JanusUrl } from "../url.ts";
import { connect, type JanusConnection } from "./connection.ts";
import { isParticipants } from "./ids.ts";
import type { JanusPolicy } from "./policy.ts";

export interface JanusAdmin {
  /** How many sessions of participants there are; `undefined`: it cannot be asked now. */
  participants(): Promise<number | undefined>;
  close(): Promise<void>;
}

export function openAdmin(
  { url, secret }: NonNullable<JanusUrl["admin"]>,
  policy: JanusPolicy,
): JanusAdmin {
  let connection: JanusConnection | undefined;
  const close = keepOpen<JanusConnection & { close(): Promise<void> }>({
    open: async (signal) => {
      const opened = await connect(url, {
        protocol: "janus-admin-protocol",
        signal,
        timeoutMs: policy.openTimeoutMs,
        credentials: () => ({ ...secret !== undefined && { admin_secret: secret } }),
        event: () => {},
      });
      return { ...opened, close: () => Promise.resolve(opened.close()) };
    },
    opened: (it) => connection = it,
    away: () => connection = undefined,
    backoff: policy.backoff,
  });
  return {
    async participants() {
      try {
        const answer = await connection?.ask({ janus: "list_sessions" }, {
          doing: "list the sessions",
          timeoutMs: policy.requestTimeoutMs,
        });
        return answer?.janus === "success"
          ? answer.sessions?.filter(isParticipants).length
          : undefined;
      } catch {
        // The rooms tell it too.
        return undefined;
      }
    },
    close,
  };
}
