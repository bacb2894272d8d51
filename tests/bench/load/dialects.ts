/**
 * How each kind of server is spoken to by the load program: what opens a session, and what carries a signal.
 *
 * @module
 */
import type { Who } from "./load_protocol.ts";
import { textFrame, WireSocket } from "./wire_socket.ts";

export interface Session {
  readonly socket: WireSocket;
  /** By which others send to it. */
  readonly id: string;
  /** From open until it can be used, in ms; 0 where it can be at once. */
  readonly joinMs: number;
}

export interface Dialect {
  /** Resolves when the socket can be sent to. @throws {Error} when it cannot. */
  open(url: string, who: Who): Promise<Session>;
  /** The text that carries `data`, JSON text, from one to another. */
  signal(data: string, from: string, to: string): string;
  /** Whether a text that came to `id` is a signal of another one. */
  isSignal(text: string, id: string): boolean;
  /** What is answered to any other text. */
  answer?(text: string): string | undefined;
  /** What clients send to be kept. */
  readonly beat?: { readonly text: string; readonly everyMs: number };
  /** What is sent before the socket is closed. */
  readonly leave?: string;
}

export type DialectName =
  | "meshlift"
  | "meshlift unnamed"
  | "bare"
  | "peerjs"
  | "socket.io"
  | "y-webrtc"
  | "y-webrtc 1";

/** The service's own, as its SDK speaks it: docs/protocol.md. */
const meshlift: Dialect = {
  open: (url, who) =>
    opened(url, {
      first: [JSON.stringify({ type: "join", token: tokenOf(who) })],
      idIn: (text) => {
        const frame = JSON.parse(text);
        if (frame.type !== "welcome") throw new Error(`expected a welcome, got ${text}`);
        return frame.self.id;
      },
    }),
  signal: (data, from, to) => `{"type":"signal","from":"${from}","to":"${to}","data":${data}}`,
  isSignal: (text) => text.startsWith(`{"type":"signal"`),
  leave: `{"type":"leave"}`,
};

/** The same by a client that leaves it to the node to name the sender. */
const unnamed: Dialect = {
  ...meshlift,
  signal: (data, _, to) => `{"type":"signal","to":"${to}","data":${data}}`,
};

/** servers/bare_relay.ts. */
const bare: Dialect = {
  open: (url, who) => opened(`${url}?id=${idOf(who)}`, { id: idOf(who) }),
  signal: unnamed.signal,
  isSignal: meshlift.isSignal,
};

/** The PeerJS server, as the PeerJS client speaks to it. */
const peerjs: Dialect = {
  open: (url, who) =>
    opened(`${url}/peerjs?key=peerjs&id=${idOf(who)}&token=${idOf(who)}&version=1.5.4`, {
      idIn: (text) => {
        if (JSON.parse(text).type !== "OPEN") throw new Error(`expected OPEN, got ${text}`);
        return idOf(who);
      },
    }),
  signal: (data, _, to) => `{"type":"OFFER","payload":${data},"dst":"${to}"}`,
  isSignal: (text) => text.startsWith(`{"type":"OFFER"`),
  beat: { text: `{"type":"HEARTBEAT"}`, everyMs: 5_000 },
};

/**
 * Engine.IO 4 over WebSocket (`0` open, `2` ping, `3` pong, `4` message) and Socket.IO 5 in it (`0` connect, `2` event).
 * The event is the one of peers/socket_io_server.cjs.
 */
const socketIo: Dialect = {
  open: (url) =>
    opened(`${url}/socket.io/?EIO=4&transport=websocket`, {
      idIn: (text, send) => {
        if (text.startsWith("0")) return send("40");
        if (!text.startsWith("40")) throw new Error(`expected a connection, got ${text}`);
        // Everyone has a room of this name.
        return JSON.parse(text.slice(2)).sid;
      },
    }),
  signal: (data, _, to) => `42["signal",{"to":"${to}","data":${data}}]`,
  isSignal: (text) => text.startsWith(`42["signal"`),
  answer: (text) => text === "2" ? "3" : undefined,
};

/** y-webrtc's signaling server, as its client speaks to it: what is published goes to all of a topic, the sender too. */
const yWebrtc: Dialect = {
  open: (url, who) => subscribed(url, idOf(who), topicOfTwo(idOf(who))),
  signal: (data, from, to) => published(topicOfTwo(to), data, from, to),
  isSignal: (text, id) =>
    text.startsWith(`{"type":"publish"`) && !text.slice(0, 160).includes(`"from":"${id}"`),
};

/** The same with a topic for each one, which its client does not do: so it has the least to do. */
const yWebrtcSingle: Dialect = {
  open: (url, who) => subscribed(url, idOf(who), idOf(who)),
  signal: (data, from, to) => published(to, data, from, to),
  isSignal: (text) => text.startsWith(`{"type":"publish"`),
};

export const DIALECTS: Record<DialectName, Dialect> = {
  meshlift,
  "meshlift unnamed": unnamed,
  bare,
  peerjs,
  "socket.io": socketIo,
  "y-webrtc": yWebrtc,
  "y-webrtc 1": yWebrtcSingle,
};

function subscribed(url: string, id: string, topic: string): Promise<Session> {
  return opened(url, {
    // It does not say when it has subscribed somebody, but does one thing after the other.
    first: [`{"type":"subscribe","topics":["${topic}"]}`, `{"type":"ping"}`],
    idIn: () => id,
  });
}

function published(topic: string, data: string, from: string, to: string): string {
  return `{"type":"publish","topic":"${topic}","data":` +
    `{"to":"${to}","from":"${from}","type":"signal","signal":${data}}}`;
}

/** Ids end in numbers; the first and the second are a pair, the third and the fourth, and so on. */
function topicOfTwo(id: string): string {
  return `room-${Number(id.replace(/^\D+/, "")) >> 1}`;
}

interface Opening {
  /** What is sent as soon as the socket is open. */
  readonly first?: readonly string[];
  /** The id, where nothing has to be waited for. */
  readonly id?: string;
  /** Takes what comes, until it gives the id. @throws {Error} for what must not come. */
  readonly idIn?: (text: string, send: (text: string) => void) => string | void;
}

async function opened(url: string, { first = [], id, idIn }: Opening): Promise<Session> {
  const socket = await WireSocket.open(url);
  const at = performance.now();
  for (const text of first) socket.send(textFrame(text));
  if (id !== undefined) return { socket, id, joinMs: 0 };
  return await new Promise((resolve, reject) => {
    socket.ontext = (text) => {
      try {
        const id = idIn!(text, (answer) => socket.send(textFrame(answer)));
        if (id !== undefined) resolve({ socket, id, joinMs: performance.now() - at });
      } catch (error) {
        reject(error);
      }
    };
    socket.onclose = (why) => reject(new Error(`it was closed: ${why}`));
  });
}

function idOf(who: Who): string {
  if ("id" in who) return who.id;
  throw new TypeError("Cannot open by a token: expected an id");
}

function tokenOf(who: Who): string {
  if ("token" in who) return who.token;
  throw new TypeError("Cannot join by an id: expected a token");
}
