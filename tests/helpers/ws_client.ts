import type { ClientFrame, WelcomeFrame } from "../../lib/protocol.ts";
import { FrameInbox } from "./frame_inbox.ts";

export interface Closed {
  code: number;
  reason: string;
}

/** A client that knows only the wire: no SDK. `await using` hangs up at the end of the block. */
export class WsClient implements AsyncDisposable {
  readonly frames = new FrameInbox();
  /** How the node closed the socket, or 1000 if it was hung up here. */
  readonly closed: Promise<Closed>;
  /** The answer to {@linkcode join} or {@linkcode resume}. */
  welcome!: WelcomeFrame;
  readonly #socket: WebSocket;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.onmessage = ({ data }) => this.frames.put(JSON.parse(data));
    this.closed = new Promise((resolve) => {
      socket.onclose = ({ code, reason }) => {
        this.frames.close(`the socket closed with ${code} ${reason}`);
        resolve({ code, reason });
      };
    });
  }

  /** @throws {Error} when the handshake is refused. */
  static async open(url: string): Promise<WsClient> {
    const socket = new WebSocket(url);
    const client = new WsClient(socket);
    await new Promise<void>((resolve, reject) => {
      socket.onopen = () => resolve();
      socket.onerror = (event) => {
        const why = event instanceof ErrorEvent ? event.message : "unknown";
        reject(new Error(`Cannot open ${url}: ${why}`));
      };
    });
    // What goes wrong later shows as `closed`.
    socket.onerror = () => {};
    return client;
  }

  /** Opens a socket and joins. */
  static async join(url: string, token: string): Promise<WsClient> {
    const client = await WsClient.open(url);
    client.send({ type: "join", token });
    client.welcome = await client.next("welcome");
    return client;
  }

  /** Opens a socket and resumes. */
  static async resume(url: string, session: string): Promise<WsClient> {
    const client = await WsClient.open(url);
    client.send({ type: "resume", session });
    client.welcome = await client.next("welcome");
    return client;
  }

  get id(): string {
    return this.welcome.self.id;
  }

  send(frame: ClientFrame): void {
    this.sendRaw(JSON.stringify(frame));
  }

  sendRaw(data: string | ArrayBuffer): void {
    this.#socket.send(data);
  }

  next: FrameInbox["next"] = (type, options) => this.frames.next(type, options);

  /** Reads the error that is to come and the close after it. */
  async refusal(): Promise<
    { code: string; message: string; retryAfterMs?: number; close: number }
  > {
    const { code, message, retryAfterMs } = await this.next("error");
    return { code, message, retryAfterMs, close: (await this.closed).code };
  }

  hangUp(): void {
    this.#socket.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.hangUp();
    await this.closed;
  }
}
