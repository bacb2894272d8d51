/**
 * A node without a port: a hub with memory adapters, and sockets that are plain objects.
 *
 * @module
 */
import { Tokens } from "../../lib/auth.ts";
import type { Bus } from "../../lib/bus/mod.ts";
import { memoryBus } from "../../lib/bus/memory.ts";
import { readConfig } from "../../lib/config.ts";
import { Connection } from "../../lib/connection.ts";
import type { GatePolicy } from "../../lib/gate.ts";
import { Hub } from "../../lib/hub.ts";
import { randomId } from "../../lib/ids.ts";
import type { LogFields } from "../../lib/log.ts";
import { memoryLimits } from "../../lib/limits/memory.ts";
import { MemoryPresence } from "../../lib/presence/memory.ts";
import type { Presence } from "../../lib/presence/mod.ts";
import { type ClientFrame, Permissions, type WelcomeFrame } from "../../lib/protocol.ts";
import {
  defaultSettings,
  newRoom,
  type RoomKey,
  type RoomOrigin,
  type RoomSettings,
} from "../../lib/room_state.ts";
import { SfuDirectory } from "../../lib/sfu/directory.ts";
import type { Sfu } from "../../lib/sfu/mod.ts";
import type { Wire } from "../../lib/wire.ts";
import { FrameInbox } from "./frame_inbox.ts";

export const ROOM: RoomKey = { tenant: "acme", id: "r" };

export const ENVIRONMENT = {
  API_KEYS: "acme:acme-secret,globex:globex-secret",
  TOKEN_SECRET: "a secret of the tests, long enough to be one",
};

export interface FakeNodeParts {
  node?: string;
  presence?: Presence;
  bus?: Bus;
  env?: Record<string, string>;
  /** The SFUs that it can use. */
  sfus?: Sfu[];
  gate?: GatePolicy;
}

/** A hub, and the lines that it logged. */
export interface FakeNode {
  hub: Hub;
  presence: Presence;
  logs: { level: string; event: string; fields: LogFields }[];
  /** Resolves when the hub logs this event for the next time. */
  logged(event: string): Promise<void>;
}

export function fakeNode(parts: FakeNodeParts = {}): FakeNode {
  const {
    node = "n1",
    presence = new MemoryPresence(),
    bus = memoryBus(),
    env = {},
    sfus = [],
    gate,
  } = parts;
  const config = readConfig({ ...ENVIRONMENT, ...env });
  const logs: FakeNode["logs"] = [];
  const waiting = new Map<string, () => void>();
  const hub = new Hub({
    node,
    config,
    presence,
    bus,
    sfus: new SfuDirectory(node, sfus),
    tokens: new Tokens(config.tokenSecret),
    limits: memoryLimits(config.rates),
    guards: [],
    gate,
    log: (level, event, fields = {}) => {
      logs.push({ level, event, fields });
      waiting.get(event)?.();
    },
  });
  const logged = (event: string) =>
    new Promise<void>((resolve) => void waiting.set(event, resolve));
  return { hub, presence, logs, logged };
}

/** Makes a room with the defaults of REST. */
export async function makeRoom(
  { presence }: FakeNode,
  key: RoomKey = ROOM,
  settings: Partial<RoomSettings> = {},
): Promise<void> {
  await presence.create(newRoom(key, { ...defaultSettings(), ...settings }, Date.now()));
}

export interface FakeToken {
  room?: RoomKey;
  permissions?: Partial<Permissions>;
  ttlMs?: number;
  /** What the room was like, as a token over REST says it. */
  made?: RoomOrigin;
}

export function makeToken({ hub }: FakeNode, identity: string, options: FakeToken = {}) {
  const { room = ROOM, permissions = {}, ttlMs = 3_600_000, made } = options;
  return hub.parts.tokens.sign({
    room,
    identity,
    permissions: Permissions.parse(permissions),
    expiresAt: Date.now() + ttlMs,
    made,
  });
}

/** The node's end of a socket, and what a client would see of it. */
export class FakeWire implements Wire {
  readonly frames = new FrameInbox();
  bufferedAmount = 0;
  readyState: number = WebSocket.OPEN;
  readonly connection: Connection;
  #resolveClosed!: (close: { code: number; reason: string }) => void;
  /** How the node closed it. */
  readonly closed = new Promise<{ code: number; reason: string }>((resolve) => {
    this.#resolveClosed = resolve;
  });

  constructor(readonly hub: Hub, address = "192.0.2.1") {
    this.connection = new Connection(this, hub, address);
  }

  send(text: string): void {
    if (this.readyState !== WebSocket.OPEN) {
      throw new DOMException("'readyState' not OPEN", "InvalidStateError");
    }
    this.frames.put(JSON.parse(text));
  }

  close(code: number, reason: string): void {
    this.readyState = WebSocket.CLOSED;
    this.frames.close(`the node closed with ${code} ${reason}`);
    this.#resolveClosed({ code, reason });
    // As with a real socket, whose close event comes later.
    queueMicrotask(() => this.connection.closed());
  }

  /** The client sends. */
  says(frame: ClientFrame | string): void {
    this.connection.receive(typeof frame === "string" ? frame : JSON.stringify(frame));
  }

  /** The client is gone. */
  hangsUp(): void {
    this.readyState = WebSocket.CLOSED;
    this.connection.closed();
  }
}

/** Joins the room with a fresh token. */
export async function join(
  node: FakeNode,
  identity: string,
  options: FakeToken & { token?: string } = {},
): Promise<{ wire: FakeWire; welcome: WelcomeFrame; id: string }> {
  const token = options.token ?? await makeToken(node, identity, options);
  const wire = new FakeWire(node.hub);
  wire.says({ type: "join", token });
  const welcome = await wire.frames.next("welcome");
  return { wire, welcome, id: welcome.self.id };
}

/** Resumes on a new socket. */
export async function resume(
  { hub }: FakeNode,
  session: string,
): Promise<{ wire: FakeWire; welcome: WelcomeFrame; id: string }> {
  const wire = new FakeWire(hub);
  wire.says({ type: "resume", session });
  const welcome = await wire.frames.next("welcome");
  return { wire, welcome, id: welcome.self.id };
}

/** The next frame in which somebody sees a participant in a state. */
export function seen({ wire }: { wire: FakeWire }, id: string, state: "active" | "away") {
  return wire.frames.next("participant", {
    where: ({ participant }) => participant.id === id && participant.state === state,
  });
}

/** An id that no participant has. */
export const STRANGER = `p_${randomId(17)}`;
