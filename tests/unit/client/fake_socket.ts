import type { WelcomeFrame } from "../../../lib/protocol.ts";

/** A WebSocket whose other end is the test. */
export class FakeSocket {
  static readonly OPEN = 1;
  readonly url: string;
  readyState = 0;
  bufferedAmount = 0;
  readonly sent: Record<string, unknown>[] = [];
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: string }) => void) | null = null;
  onclose: ((event: { code: number }) => void) | null = null;

  constructor(url: string) {
    this.url = url;
    FakeSocket.all.push(this);
  }

  static all: FakeSocket[] = [];

  static get last(): FakeSocket {
    const last = FakeSocket.all.at(-1);
    if (last === undefined) throw new Error("Cannot give the last socket: none was opened");
    return last;
  }

  /** Stands in for the global one until undone. */
  static install(): Disposable {
    const real = globalThis.WebSocket;
    FakeSocket.all = [];
    Object.assign(globalThis, { WebSocket: FakeSocket });
    return { [Symbol.dispose]: () => void Object.assign(globalThis, { WebSocket: real }) };
  }

  send(text: string): void {
    this.sent.push(JSON.parse(text));
  }

  close(): void {
    this.readyState = 3;
  }

  /** The node takes the socket. */
  open(): void {
    this.readyState = FakeSocket.OPEN;
    this.onopen?.();
  }

  /** The node says something. */
  say(frame: unknown): void {
    this.onmessage?.({ data: JSON.stringify(frame) });
  }

  /** The connection ends, by the node or the network. */
  end(code = 1006): void {
    this.readyState = 3;
    this.onclose?.({ code });
  }

  types(): unknown[] {
    return this.sent.map(({ type }) => type);
  }
}

/** A participant as the node tells of it. */
export function person(id: string): WelcomeFrame["self"] {
  return {
    id,
    identity: id,
    state: "active",
    joinedAt: 0,
    permissions: { publish: true, subscribe: true, chat: true, moderate: false },
    media: { microphone: false, camera: false, screen: false },
    attributes: {},
  };
}

export function welcome(changes: Partial<WelcomeFrame> = {}): WelcomeFrame {
  return {
    type: "welcome",
    self: person("p_1"),
    session: "s1",
    resumed: false,
    room: { id: "r", maxParticipants: 12 },
    participants: [],
    version: 1,
    topology: { mode: "mesh", epoch: 1, reason: "new" },
    iceServers: [],
    limits: {
      frameUnit: 8_192,
      frameLength: 65_536,
      framesPerSecond: 50,
      frameBurst: 200,
      updatesPerSecond: 5,
      updateBurst: 20,
    },
    ...changes,
  };
}
