import { TimeoutError, within } from "./within.ts";

/** What @nats-io/nats-core uses of a WebSocket; on NATS's TCP port the bytes are the same, without frames. */
export class TcpSocket {
  binaryType: BinaryType = "arraybuffer";
  bufferedAmount = 0;
  onopen: (() => void) | null = null;
  onerror: (() => void) | null = null;
  onclose: ((event: { wasClean: boolean; reason: string }) => void) | null = null;
  #onmessage: ((event: { data: ArrayBuffer }) => void) | null = null;
  #writing = Promise.resolve();
  #state: "idle" | "reading" | "closed" = "idle";

  /** `greeting` came before anyone listened. */
  constructor(readonly conn: Deno.TcpConn, readonly greeting: Uint8Array<ArrayBuffer>) {}

  get onmessage(): ((event: { data: ArrayBuffer }) => void) | null {
    return this.#onmessage;
  }

  /** Begins to read as soon as there is someone to read for. */
  set onmessage(handler: ((event: { data: ArrayBuffer }) => void) | null) {
    this.#onmessage = handler;
    if (this.#state !== "idle") return;
    this.#state = "reading";
    this.#read();
  }

  /** Whether what the server said first matches. */
  greets(pattern: RegExp): boolean {
    return pattern.test(new TextDecoder().decode(this.greeting));
  }

  send(data: ArrayBuffer): void {
    this.bufferedAmount += data.byteLength;
    this.#writing = this.#writing.then(() => this.#write(new Uint8Array(data)));
  }

  close(): void {
    this.#end(true, "");
  }

  async #read(): Promise<void> {
    await Promise.resolve();
    this.#onmessage?.({ data: this.greeting.buffer });
    const buffer = new Uint8Array(65_536);
    try {
      while (true) {
        const size = await this.conn.read(buffer);
        if (size === null) return this.#end(false, "the server ended the connection");
        this.#onmessage?.({ data: buffer.slice(0, size).buffer });
      }
    } catch (error) {
      this.#end(false, error instanceof Error ? error.message : String(error));
    }
  }

  async #write(data: Uint8Array): Promise<void> {
    try {
      for (let sent = 0; sent < data.length && this.#state !== "closed";) {
        sent += await this.conn.write(data.subarray(sent));
      }
    } catch (error) {
      this.#end(false, error instanceof Error ? error.message : String(error));
    }
    this.bufferedAmount = this.#state === "closed" ? 0 : this.bufferedAmount - data.length;
  }

  #end(wasClean: boolean, reason: string): void {
    if (this.#state === "closed") return;
    this.#state = "closed";
    this.conn.close();
    queueMicrotask(() => this.onclose?.({ wasClean, reason }));
  }
}

/**
 * Connects to a server that speaks first, and waits for its greeting. `undefined`: it said nothing for `silentMs`.
 *
 * @throws {Error} when there is no such server, or it takes longer than `timeoutMs`.
 */
export async function connectTcp(
  { hostname, port }: { hostname: string; port: number },
  { timeoutMs, silentMs }: { timeoutMs: number; silentMs: number },
): Promise<TcpSocket | undefined> {
  const connecting = Deno.connect({ hostname, port });
  const conn = await within(connecting, timeoutMs, "connect").catch((error) => {
    connecting.then((late) => late.close(), () => {});
    throw error;
  });
  // Without waiting for company (Nagle's algorithm): a signal is small, and late is lost.
  conn.setNoDelay();
  const buffer = new Uint8Array(65_536);
  try {
    const size = await within(conn.read(buffer), silentMs, "read a greeting");
    if (size === null) throw new Error("the server ended the connection without a greeting");
    return new TcpSocket(conn, buffer.slice(0, size));
  } catch (error) {
    conn.close();
    if (error instanceof TimeoutError) return undefined;
    throw error;
  }
}
