/**
 * TCP underneath HTTP and WebSocket, for clients that behave as no library lets one.
 *
 * @module
 */

/** An open TCP connection, read as bytes come. */
export class RawSocket implements Disposable {
  readonly #conn: Deno.TcpConn;
  #bytes = new Uint8Array();
  #open = true;

  private constructor(conn: Deno.TcpConn) {
    this.#conn = conn;
  }

  static async open(url: string): Promise<RawSocket> {
    const { hostname, port } = new URL(url);
    return new RawSocket(await Deno.connect({ hostname, port: Number(port) }));
  }

  /** Opens a WebSocket. The answer is the node's head: `HTTP/1.1 101 ...`. */
  static async handshake(
    url: string,
    headers: Record<string, string> = {},
  ): Promise<{ socket: RawSocket; head: string }> {
    const socket = await RawSocket.open(url);
    const all = {
      host: new URL(url).host,
      upgrade: "websocket",
      connection: "Upgrade",
      "sec-websocket-version": "13",
      "sec-websocket-key": btoa("sixteen bytes ok"),
      ...headers,
    };
    const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
    await socket.write(`GET ${new URL(url).pathname} HTTP/1.1\r\n${lines.join("")}\r\n`);
    return { socket, head: await socket.readUntil("\r\n\r\n") };
  }

  /** Writes all of it. @throws {Error} when the other end has gone. */
  async write(data: string | Uint8Array): Promise<void> {
    const bytes = typeof data === "string" ? new TextEncoder().encode(data) : data;
    for (let sent = 0; sent < bytes.length;) sent += await this.#conn.write(bytes.subarray(sent));
  }

  /** Writes one masked text frame (RFC 6455 §5.2); the mask is 0, which is allowed and changes nothing. */
  async writeFrame(text: string): Promise<void> {
    const payload = new TextEncoder().encode(text);
    const { length } = payload;
    const size = length < 126 ? [0x80 | length] : [0x80 | 126, length >> 8, length & 0xff];
    await this.write(new Uint8Array([0x81, ...size, 0, 0, 0, 0, ...payload]));
  }

  /** Reads one frame of the node: its opcode and payload. */
  async readFrame(): Promise<{ opcode: number; payload: Uint8Array }> {
    await this.#fill(2);
    const opcode = this.#bytes[0]! & 0x0f;
    const short = this.#bytes[1]! & 0x7f;
    const head = short < 126 ? 2 : short === 126 ? 4 : 10;
    await this.#fill(head);
    const view = new DataView(this.#bytes.buffer, this.#bytes.byteOffset);
    const length = head === 2
      ? short
      : head === 4
      ? view.getUint16(2)
      : Number(view.getBigUint64(2));
    await this.#fill(head + length);
    const payload = this.#bytes.slice(head, head + length);
    this.#bytes = this.#bytes.subarray(head + length);
    return { opcode, payload };
  }

  /** Reads frames until the node's close frame: how many came before, and its code and reason. */
  async readToClose(): Promise<{ frames: number; code: number; reason: string }> {
    for (let frames = 0;; frames++) {
      const { opcode, payload } = await this.readFrame();
      if (opcode !== 8) continue;
      const code = payload[0]! << 8 | payload[1]!;
      return { frames, code, reason: new TextDecoder().decode(payload.subarray(2)) };
    }
  }

  /** Reads up to and with `end`, as text. */
  async readUntil(end: string): Promise<string> {
    for (;;) {
      const text = new TextDecoder("latin1").decode(this.#bytes);
      const at = text.indexOf(end);
      if (at >= 0) {
        this.#bytes = this.#bytes.subarray(at + end.length);
        return text.slice(0, at + end.length);
      }
      await this.#fill(this.#bytes.length + 1);
    }
  }

  /** Reads an HTTP answer with a content-length: its status, head and body. */
  async readAnswer(): Promise<{ status: number; head: string; body: string }> {
    const head = await this.readUntil("\r\n\r\n");
    const length = Number(/^content-length: (\d+)/im.exec(head)?.[1] ?? 0);
    await this.#fill(length);
    const body = new TextDecoder().decode(this.#bytes.subarray(0, length));
    this.#bytes = this.#bytes.subarray(length);
    return { status: Number(head.split(" ")[1]), head, body };
  }

  /** Closes the connection; a second call does nothing. */
  [Symbol.dispose](): void {
    if (this.#open) this.#conn.close();
    this.#open = false;
  }

  async #fill(count: number): Promise<void> {
    if (this.#bytes.length >= count) return;
    const chunks: Uint8Array[] = [this.#bytes];
    let total = this.#bytes.length;
    while (total < count) {
      const chunk = new Uint8Array(65_536);
      const read = await this.#conn.read(chunk);
      if (read === null) {
        throw new Error(`Cannot read ${count} bytes: the node closed after ${total}`);
      }
      chunks.push(chunk.subarray(0, read));
      total += read;
    }
    this.#bytes = new Uint8Array(total);
    let at = 0;
    for (const chunk of chunks) {
      this.#bytes.set(chunk, at);
      at += chunk.length;
    }
  }
}
