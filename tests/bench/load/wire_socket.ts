/**
 * A WebSocket client (RFC 6455) for the load program, small and without Nagle's algorithm (TCP_NODELAY), as browsers
 * have it. Deno's own client leaves Nagle's on: frames over 1 KB then wait up to 40 ms for an acknowledgement, which would
 * hide what a server takes and hand it its work in portions.
 *
 * @module
 */

/** A frame, made once, to be sent any number of times. */
export type Frame = Uint8Array<ArrayBuffer>;

const TEXT = 0x1;
const CLOSE = 0x8;
const PING = 0x9;
const PONG = 0xa;
const BUFFER_BYTES = 16_384;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

export function textFrame(text: string): Frame {
  return frame(TEXT, encoder.encode(text));
}

/** Masked with zeros, which leaves the payload as it is: masking protects proxies, and there are none here. */
function frame(opcode: number, payload: Uint8Array): Frame {
  const { length } = payload;
  if (length > 0xffff) throw new RangeError(`Cannot frame ${length} bytes: expected at most 65535`);
  const head = length < 126 ? [length | 0x80] : [126 | 0x80, length >> 8, length & 0xff];
  return Uint8Array.from([0x80 | opcode, ...head, 0, 0, 0, 0, ...payload]);
}

export class WireSocket {
  ontext: (text: string) => void = () => {};
  /** The connection has ended, once; `why` is for people, `code` is 1006 where the other end did not close it. */
  onclose: (why: string, code: number) => void = () => {};
  #received: Uint8Array<ArrayBuffer> = new Uint8Array(0);
  readonly #unsent: Frame[] = [];
  #writing = false;
  #state: "open" | "ended" = "open";

  private constructor(private readonly conn: Deno.TcpConn) {}

  /** Resolves when the socket is open. `forwardedFor`: the client's address, as a proxy would tell it. */
  static async open(url: string, forwardedFor?: string): Promise<WireSocket> {
    const { hostname, port, host, pathname, search } = new URL(url);
    const conn = await Deno.connect({ hostname, port: Number(port) });
    conn.setNoDelay(true);
    const socket = new WireSocket(conn);
    const key = btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(16))));
    try {
      await socket.#write(encoder.encode(
        `GET ${pathname}${search} HTTP/1.1\r\nHost: ${host}\r\nUpgrade: websocket\r\n` +
          `Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${key}\r\n` +
          (forwardedFor === undefined ? "" : `X-Forwarded-For: ${forwardedFor}\r\n`) + "\r\n",
      ));
      await socket.#handshake(url);
    } catch (error) {
      conn.close();
      throw error;
    }
    socket.#readOn().catch((error) => socket.#end(String(error)));
    return socket;
  }

  send(frame: Frame): void {
    this.#unsent.push(frame);
    if (!this.#writing) this.#writeOn().catch((error) => this.#end(String(error)));
  }

  close(): void {
    this.send(frame(CLOSE, Uint8Array.of(1000 >> 8, 1000 & 0xff)));
  }

  /** Ends the connection without a word, as when the network goes. */
  cut(): void {
    this.#end("it was cut here");
  }

  #end(why: string, code = 1006, last: Frame = new Uint8Array(0)): void {
    if (this.#state === "ended") return;
    this.#state = "ended";
    if (last.length === 0) this.conn.close();
    else this.#write(last).catch(() => {}).finally(() => this.conn.close());
    this.onclose(why, code);
  }

  async #writeOn(): Promise<void> {
    this.#writing = true;
    for (let next; (next = this.#unsent.shift());) await this.#write(next);
    this.#writing = false;
  }

  async #write(bytes: Frame): Promise<void> {
    for (let done = 0; done < bytes.length;) done += await this.conn.write(bytes.subarray(done));
  }

  async #handshake(url: string): Promise<void> {
    const buffer = new Uint8Array(BUFFER_BYTES);
    let length = 0;
    for (;;) {
      const text = decoder.decode(buffer.subarray(0, length));
      const end = text.indexOf("\r\n\r\n");
      if (end >= 0) {
        if (!text.startsWith("HTTP/1.1 101 ")) throw new Error(`Cannot open ${url}: got ${text}`);
        this.#received = buffer.slice(end + 4, length);
        return;
      }
      const read = await this.conn.read(buffer.subarray(length));
      if (read === null) throw new Error(`Cannot open ${url}: it closed; expected 101`);
      length += read;
    }
  }

  async #readOn(): Promise<void> {
    const buffer = new Uint8Array(BUFFER_BYTES);
    // Where the server spoke at once, whoever opens this socket has to be able to listen before it is told.
    if (this.#received.length > 0) await new Promise((resolve) => setTimeout(resolve));
    for (;;) {
      this.#take();
      if (this.#state === "ended") return;
      const read = await this.conn.read(buffer);
      if (read === null) return this.#end("the server ended the connection");
      const fresh = buffer.subarray(0, read);
      if (this.#received.length === 0) this.#received = fresh;
      else this.#received = joined(this.#received, fresh);
    }
  }

  /** Takes the whole frames from what has been received; keeps the rest, in a copy, since the buffer is used again. */
  #take(): void {
    const bytes = this.#received;
    let at = 0;
    while (bytes.length - at >= 2) {
      const short = bytes[at + 1]! & 0x7f;
      const head = short < 126 ? 2 : 4;
      if (bytes.length - at < head) break;
      if (short === 127) throw new RangeError("Cannot read a frame over 64 KB: expected less");
      const length = short < 126 ? short : bytes[at + 2]! << 8 | bytes[at + 3]!;
      if (bytes.length - at < head + length) break;
      this.#handle(bytes[at]! & 0xf, bytes.subarray(at + head, at + head + length));
      at += head + length;
    }
    this.#received = bytes.slice(at);
  }

  #handle(opcode: number, payload: Uint8Array): void {
    if (opcode === TEXT) return this.ontext(decoder.decode(payload));
    if (opcode === PING) return this.send(frame(PONG, payload));
    if (opcode === CLOSE) {
      const code = payload.length >= 2 ? payload[0]! << 8 | payload[1]! : 1005;
      const why = `${code} ${decoder.decode(payload.subarray(2))}`;
      this.#end(why, code, frame(CLOSE, payload.subarray(0, 2)));
    }
  }
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array<ArrayBuffer> {
  const both = new Uint8Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}
