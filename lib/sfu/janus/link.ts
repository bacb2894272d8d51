/**
 * The one connection of this node to a Janus: opened again whenever it ends, asked for signs of life, and shared by
 * all sessions.
 *
 * @module
 */
import { keepOpen, type Opened } from "../../bus/keep_open.ts";
import { every } from "../../every.ts";
import type { JanusUrl } from "../url.ts";
import { type AskOptions, connect, type JanusConnection, type JanusRequest } from "./connection.ts";
import { JANUS_CODES, JanusAwayError, JanusRefusedError } from "./errors.ts";
import { credentialsOf } from "./credentials.ts";
import { randomSessionId } from "./ids.ts";
import { type JanusAnswer, type JanusEvent, VIDEO_ROOM, type VideoRoomData } from "./messages.ts";
import type { JanusPolicy } from "./policy.ts";

/** A session that uses the link. None of these may throw. */
export interface LinkedSession {
  /** Something came of itself. */
  event(event: JanusEvent): void;
  /** There is a new connection: what was sent meanwhile is lost. */
  reconnected(): void;
  /** Janus does not know it any more. */
  gone(reason: string): void;
}

/** `silent`: it is connected, and does not answer. */
type State =
  | { is: "down"; reason: string }
  | { is: "up"; line: Line }
  | { is: "silent"; line: Line; reason: string };

/** A connection with a session of its own, by which rooms are made and ended. */
interface Line {
  readonly connection: JanusConnection;
  readonly session: number;
  readonly handle: number;
}

export interface JanusLink {
  readonly health: "up" | "down";
  /** Why it is down, without secrets; empty while it is up. */
  readonly reason: string;
  /** Whether sessions outlive the connection, for other nodes to go on with; known once it has been up. */
  readonly claimable: boolean;
  /** `listener` is told whenever `health` has changed. */
  onHealth(listener: () => void): void;
  /** @throws {JanusRefusedError | JanusAwayError | TimeoutError} (rejects) */
  ask(request: JanusRequest, options: LinkAskOptions): Promise<JanusAnswer>;
  /** Asks the VideoRoom something of rooms, that is answered at once. */
  askRooms(body: Readonly<Record<string, unknown>>, doing: string): Promise<VideoRoomData>;
  /** From now on events of this session go there, and it is kept alive. */
  join(session: number, linked: LinkedSession): void;
  /** Lets go of a session, which lives on in Janus for a while. */
  leave(session: number): void;
  /** Ends a session in Janus; as soon as there is a connection, if there is none now. */
  destroy(session: number): Promise<void>;
  close(): Promise<void>;
}

export type LinkAskOptions =
  & Pick<AskOptions, "doing" | "until">
  & Partial<Pick<AskOptions, "timeoutMs">>;

/** Opens a link, which is down until Janus has answered. */
export function openLink(url: JanusUrl, policy: JanusPolicy): JanusLink {
  const sessions = new Map<number, LinkedSession>();
  /** Sessions to end when there is a connection again. */
  const doomed = new Set<number>();
  const listeners: (() => void)[] = [];
  let claimable = true;
  let state: State = { is: "down", reason: `Janus at ${url.url} has not answered yet` };

  function become(next: State): void {
    const changed = (state.is === "up") !== (next.is === "up");
    state = next;
    if (changed) { for (const listener of listeners) listener(); }
  }

  function use(line: Line): void {
    become({ is: "up", line });
    for (const session of doomed) void destroy(session);
    for (const linked of [...sessions.values()]) linked.reconnected();
  }

  const stop = keepOpen<Opened & { line: Line }>({
    open: async (signal) => {
      const line = await openLine(signal);
      return {
        line,
        ended: line.connection.ended,
        close: async () => {
          const bye = { janus: "destroy", session_id: line.session };
          const ending = line.connection.ask(bye, { doing: "end a session", timeoutMs: 500 });
          await ending.catch(() => doomed.add(line.session));
          line.connection.close();
        },
      };
    },
    opened: ({ line }) => use(line),
    away: (error) => become({ is: "down", reason: `Janus at ${url.url}: ${error.message}` }),
    backoff: policy.backoff,
  });

  async function openLine(signal: AbortSignal): Promise<Line> {
    const stops: (() => void)[] = [];
    const connection = await connect(url.url, {
      protocol: "janus-protocol",
      signal,
      timeoutMs: policy.openTimeoutMs,
      credentials: () => credentialsOf(url, Date.now()),
      event: (event) => {
        const linked = sessions.get(event.session_id);
        if (!linked) return;
        if (event.janus !== "timeout") return linked.event(event);
        sessions.delete(event.session_id);
        linked.gone("Janus gave the session up");
      },
      heard: () => {
        if (state.is === "silent" && state.line.connection === connection) use(state.line);
      },
    });
    const session = randomSessionId("control");
    const timeoutMs = policy.requestTimeoutMs;
    const ask = (request: JanusRequest, doing: string) =>
      connection.ask(request, { doing, timeoutMs });
    try {
      const info = await ask({ janus: "info" }, "ask Janus what it is");
      claimable = info.janus === "server_info" && info["reclaim-session-timeout"] > 0;
      await ask({ janus: "create", id: session }, "begin a session");
      const attached = await ask(
        { janus: "attach", session_id: session, plugin: VIDEO_ROOM },
        "attach to the VideoRoom",
      );
      const line = { connection, session, handle: handleOf(attached) };
      const room = (body: Record<string, unknown>) =>
        ask({ janus: "message", session_id: session, handle_id: line.handle, body }, "try rooms");
      await room({ request: "exists", room: "a name, not a number" });
      await room({ request: "list", ...adminKey() });
      stops.push(
        every(keepaliveMs(info), () => keepAlive(line)),
        every(policy.quietMs / 2, () => watch(line)),
      );
      void connection.ended.then(() => stops.forEach((stop) => stop()));
      return line;
    } catch (error) {
      connection.close();
      throw new JanusAwayError(reasonOf(error), { cause: error });
    }
  }

  /** Asks for a sign of life when there was none for a while. */
  async function watch(line: Line): Promise<void> {
    const { connection } = line;
    if (Date.now() - connection.heardAt < policy.quietMs) return;
    try {
      await connection.ask({ janus: "ping" }, { doing: "ping Janus", timeoutMs: policy.pongMs });
    } catch (error) {
      if (Date.now() - connection.heardAt > policy.giveUpMs) return connection.close();
      if (state.is !== "up" || state.line !== line) return;
      const reason = error instanceof Error ? error.message : String(error);
      become({ is: "silent", line, reason: `Janus at ${url.url}: ${reason}` });
    }
  }

  function keepaliveMs(info: JanusAnswer): number {
    if (info.janus !== "server_info") return policy.keepaliveMs;
    const limits = [info["session-timeout"], info["reclaim-session-timeout"]]
      .filter((seconds) => seconds > 0).map((seconds) => seconds * 1_000 / 4);
    return Math.min(policy.keepaliveMs, ...limits);
  }

  async function keepAlive(line: Line): Promise<void> {
    if (state.is !== "up") return;
    await Promise.all([line.session, ...sessions.keys()].map((session) => keepOne(line, session)));
  }

  async function keepOne({ connection, session: own }: Line, session: number): Promise<void> {
    try {
      const request = { janus: "keepalive", session_id: session };
      const timeoutMs = policy.requestTimeoutMs;
      await connection.ask(request, { doing: "keep a session", timeoutMs, until: "ack" });
    } catch (error) {
      const none = error instanceof JanusRefusedError && error.code === JANUS_CODES.noSuchSession;
      if (!none) return;
      if (session === own) return connection.close();
      const linked = sessions.get(session);
      sessions.delete(session);
      linked?.gone("Janus does not know the session");
    }
  }

  function adminKey(): Record<string, string> {
    return url.adminKey === undefined ? {} : { admin_key: url.adminKey };
  }

  function ask(request: JanusRequest, options: LinkAskOptions): Promise<JanusAnswer> {
    if (state.is !== "up") {
      return Promise.reject(new JanusAwayError(`Cannot ${options.doing}: ${state.reason}`));
    }
    const { connection } = state.line;
    return connection.ask(request, { timeoutMs: policy.requestTimeoutMs, ...options });
  }

  async function destroy(session: number): Promise<void> {
    sessions.delete(session);
    doomed.add(session);
    try {
      await ask({ janus: "destroy", session_id: session }, { doing: "end a session" });
    } catch (error) {
      // It stays among the doomed; one that Janus has ended itself is what was wanted.
      if (!(error instanceof JanusRefusedError)) return;
    }
    doomed.delete(session);
  }

  return {
    get health() {
      return state.is === "up" ? "up" as const : "down" as const;
    },
    get reason() {
      return state.is === "up" ? "" : state.reason;
    },
    get claimable() {
      return claimable;
    },
    onHealth: (listener) => void listeners.push(listener),
    ask,
    async askRooms(body, doing) {
      if (state.is !== "up") throw new JanusAwayError(`Cannot ${doing}: ${state.reason}`);
      const { session, handle } = state.line;
      const message = { ...body, ...adminKey() };
      const answer = await ask(
        { janus: "message", session_id: session, handle_id: handle, body: message },
        { doing },
      );
      return roomDataOf(answer);
    },
    join: (session, linked) => void sessions.set(session, linked),
    leave: (session) => void sessions.delete(session),
    destroy,
    async close() {
      listeners.length = 0;
      await stop();
      become({ is: "down", reason: "it was closed" });
    },
  };
}

/** Of the answer to `attach`. */
export function handleOf(answer: JanusAnswer): number {
  if (answer.janus === "success" && answer.data) return answer.data.id;
  throw new JanusAwayError("Cannot attach to the VideoRoom: Janus answered without a handle");
}

export function roomDataOf(answer: JanusAnswer): VideoRoomData {
  const data = "plugindata" in answer ? answer.plugindata?.data : undefined;
  if (data) return data;
  throw new JanusAwayError("Cannot use the VideoRoom: it answered with nothing");
}

/** Of what is wrong with how it is set up, in words that help. */
function reasonOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  if (!(error instanceof JanusRefusedError)) return message;
  switch (error.code) {
    case JANUS_CODES.unauthorized:
      return "it refused the secret or token; expected those of its api_secret or token_auth";
    case JANUS_CODES.noSuchPlugin:
      return "it has no VideoRoom; expected its plugin libjanus_videoroom.so to be loaded";
    case JANUS_CODES.roomElement:
      return "its VideoRoom has numbers for names; expected string_ids = true in its configuration";
    case JANUS_CODES.roomUnauthorized:
      return "its VideoRoom refused the adminKey; expected its admin_key";
    default:
      return message;
  }
}
