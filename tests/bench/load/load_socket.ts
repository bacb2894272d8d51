import type { Dialect } from "./dialects.ts";
import type { Who } from "./load_protocol.ts";
import { type Frame, textFrame, type WireSocket } from "./wire_socket.ts";

/** One socket of the load program, and the other one that it talks with. */
export class LoadSocket {
  received = 0;
  #peer: LoadSocket | undefined;
  #makeFrame: (() => Frame) | undefined;
  #lossy: true | undefined;
  #data = "";
  /** The first signal; all others have to be the same. */
  #first = "";
  readonly #beat: ReturnType<typeof setInterval> | undefined;
  /** When the signals that the peer has sent and this one has not received yet were sent. */
  #underway: number[] = [];
  #delays: number[] = [];

  private constructor(
    private readonly dialect: Dialect,
    private readonly socket: WireSocket,
    private readonly id: string,
    /** From open until it can be used, in ms; 0 where it can be at once. */
    readonly joinMs: number,
  ) {
    socket.ontext = (text) => this.#receive(text);
    socket.onclose = (why) => {
      if (this.#peer) fail(`a socket closed: ${why}`);
    };
    if (dialect.beat) {
      const frame = textFrame(dialect.beat.text);
      this.#beat = setInterval(() => socket.send(frame), dialect.beat.everyMs);
    }
  }

  /** Opens a socket, and a session on it. */
  static async open(dialect: Dialect, url: string, who: Who): Promise<LoadSocket> {
    try {
      const { socket, id, joinMs } = await dialect.open(url, who);
      return new LoadSocket(dialect, socket, id, joinMs);
    } catch (error) {
      fail(`cannot open a socket at ${url}: ${error}`);
    }
  }

  static pair(a: LoadSocket, b: LoadSocket): void {
    a.#peer = b;
    b.#peer = a;
  }

  /** Makes the frame that {@linkcode send} sends; `data` is JSON text. `lossy`: see `Order`. */
  prepare(data: string, lossy?: true): void {
    this.received = 0;
    this.#first = "";
    this.#lossy = lossy;
    this.#data = data;
    const frameOf = (data: string) => textFrame(this.dialect.signal(data, this.id, this.#peer!.id));
    const always = frameOf(data);
    this.#makeFrame = lossy ? () => frameOf(`[${performance.now()},${data}]`) : () => always;
  }

  send(): void {
    if (!this.#lossy) this.#peer!.#underway.push(performance.now());
    this.socket.send(this.#makeFrame!());
  }

  /** How long the signals received since the last call took, in ms. */
  takeDelays(): number[] {
    const delays = this.#delays;
    this.#delays = [];
    return delays;
  }

  leave(): void {
    this.#peer = undefined;
    clearInterval(this.#beat);
    if (this.dialect.leave) this.socket.send(textFrame(this.dialect.leave));
    this.socket.close();
  }

  #receive(text: string): void {
    if (!this.dialect.isSignal(text, this.id)) {
      const answer = this.dialect.answer?.(text);
      if (answer !== undefined) this.socket.send(textFrame(answer));
      return;
    }
    this.#verify(text);
    this.received++;
    const sentAt = this.#lossy ? sentAtOf(text) : this.#underway.shift()!;
    this.#delays.push(performance.now() - sentAt);
  }

  /** The first signal holds what was sent, and each other one is the same as it. */
  #verify(text: string): void {
    if (this.received === 0) {
      if (!text.includes(this.#data)) fail(`a signal was changed: ${text}`);
      this.#first = text;
    } else if (this.#lossy) {
      if (!text.endsWith(this.#first.slice(-24))) fail(`a signal ends in ${text.slice(-32)}`);
    } else if (text !== this.#first) fail(`a signal was changed: ${text}`);
  }
}

function sentAtOf(text: string): number {
  const begin = text.indexOf(`"data":[`) + 8;
  return Number(text.slice(begin, text.indexOf(",", begin)));
}

/** A measurement with a broken socket is none. */
function fail(what: string): never {
  console.error(`The load program cannot go on: ${what}`);
  Deno.exit(1);
}
