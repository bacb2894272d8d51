import type { Who } from "./load_protocol.ts";
import { type Frame, textFrame, WireSocket } from "./wire_socket.ts";

/** One socket of the load program, and the other one that it talks with. */
export class LoadSocket {
  received = 0;
  #peer: LoadSocket | undefined;
  #makeFrame: (() => Frame) | undefined;
  #lossy: true | undefined;
  #data = "";
  /** When the signals that the peer has sent and this one has not received yet were sent. */
  #underway: number[] = [];
  #delays: number[] = [];

  private constructor(
    private readonly socket: WireSocket,
    private readonly id: string,
    /** From open to welcome, in ms; 0 where there is no welcome. */
    readonly joinMs: number,
  ) {
    socket.ontext = (text) => this.#receive(text);
    socket.onclose = (why) => {
      if (this.#peer) fail(`a socket closed: ${why}`);
    };
  }

  /** Opens a socket, and joins where there is a token. */
  static async open(url: string, who: Who): Promise<LoadSocket> {
    if ("id" in who) {
      return new LoadSocket(await WireSocket.open(`${url}?id=${who.id}`), who.id, 0);
    }
    const join = textFrame(JSON.stringify({ type: "join", token: who.token }));
    const socket = await WireSocket.open(url);
    const opened = performance.now();
    return await new Promise((resolve) => {
      socket.ontext = (text) => {
        const joinMs = performance.now() - opened;
        const frame = JSON.parse(text);
        if (frame.type !== "welcome") fail(`expected a welcome, got ${text}`);
        resolve(new LoadSocket(socket, frame.self.id, joinMs));
      };
      socket.onclose = (why) => fail(`a join ended: ${why}`);
      socket.send(join);
    });
  }

  static pair(a: LoadSocket, b: LoadSocket): void {
    a.#peer = b;
    b.#peer = a;
  }

  /** Makes the frame that {@linkcode send} sends; `data` is JSON text. `lossy`: see `Order`. */
  prepare(data: string, lossy?: true): void {
    this.received = 0;
    this.#lossy = lossy;
    this.#data = lossy ? `${data}]` : data;
    const frameOf = (data: string) =>
      textFrame(`{"type":"signal","to":"${this.#peer!.id}","data":${data}}`);
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
    this.socket.send(textFrame(`{"type":"leave"}`));
    this.socket.close();
  }

  #receive(text: string): void {
    if (!text.startsWith(`{"type":"signal"`)) return;
    // Every signal is looked at as far as that costs little; the first one whole.
    if (!text.endsWith(`${this.#data.slice(-16)}}`)) fail(`a signal ends in ${text.slice(-32)}`);
    if (this.received === 0) {
      const whole = `${this.#lossy ? "," : `"data":`}${this.#data}}`;
      if (!text.includes(whole)) fail(`a signal was changed: ${text}`);
    }
    this.received++;
    const sentAt = this.#lossy ? sentAtOf(text) : this.#underway.shift()!;
    this.#delays.push(performance.now() - sentAt);
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
