/**
 * The UDP sockets of the SFU: one for each address of this host, all connections share them.
 *
 * @module
 */
import { createSocket, type Socket } from "node:dgram";
import { networkInterfaces } from "node:os";

/** Where a datagram came from, and by which socket: the way back. */
export interface Path {
  readonly socket: Socket;
  readonly address: string;
  readonly port: number;
}

export type Receive = (datagram: Uint8Array, path: Path) => void;

/**
 * Sends, or loses it as any datagram may be lost. False where nothing can go that way any more: the socket is closed,
 * because its address is gone.
 */
export function sendBy({ socket, port, address }: Path, datagram: Uint8Array): boolean {
  try {
    socket.send(datagram, port, address, ignore);
    return true;
  } catch {
    return false;
  }
}

function ignore(): void {}

interface Bound {
  readonly address: string;
  readonly port: number;
  readonly socket: Socket;
}

/** The addresses under which this host can be reached; only where it has none, the one by which it reaches itself. */
function hostAddresses(): string[] {
  const all = Object.values(networkInterfaces()).flatMap((entries) => entries ?? []);
  const outer = all.filter(({ internal, address }) =>
    !internal && !address.toLowerCase().startsWith("fe80")
  );
  return outer.length === 0 ? ["127.0.0.1"] : [...new Set(outer.map(({ address }) => address))];
}

/** @throws {Error} (rejects) what the system says, where `address` and `port` cannot be had. */
export async function bind(address: string, port: number): Promise<Socket> {
  const family = address.includes(":") ? 6 : 4;
  const socket = createSocket({
    type: family === 6 ? "udp6" : "udp4",
    // Only numbers are ever sent to: what looks them up would cost a turn of the event loop for each packet.
    lookup: (host, _options, done) => done(null, host, family),
  });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  socket.once("error", reject);
  socket.bind(port, address, resolve);
  try {
    await promise;
  } catch (error) {
    socket.close();
    throw error;
  }
  socket.off("error", reject);
  // What one receiver's address brings up (unreachable, refused) is that receiver's loss.
  socket.on("error", () => {});
  return socket;
}

/** How many ports are tried where any will do. */
const TRIES = 20;

/** Sockets with the same port on each address, so that one rule of a firewall or of an address translation covers them. */
export class UdpSockets {
  #bound: Bound[] = [];
  /** One after the other, or two would take different ports. */
  #opening: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(
    readonly receive: Receive,
    /** First and last port that may be used. */
    readonly ports?: readonly [number, number],
  ) {}

  /**
   * Opens a socket for each address that has none. Again whenever that may have changed.
   *
   * @throws {Error} (rejects) where no port could be had.
   */
  open(): Promise<void> {
    const opened = this.#opening.then(() => this.#open());
    this.#opening = opened.catch(() => {});
    return opened;
  }

  async #open(): Promise<void> {
    const addresses = hostAddresses();
    const known = this.#bound.find(({ address }) => addresses.includes(address));
    for (const gone of this.#bound.filter(({ address }) => !addresses.includes(address))) {
      gone.socket.close();
    }
    this.#bound = this.#bound.filter(({ address }) => addresses.includes(address));
    const missing = addresses.filter((address) => !this.#bound.some((b) => b.address === address));
    if (known !== undefined) {
      for (const address of missing) await this.#add(address, known.port);
      return;
    }
    const [first, ...others] = missing;
    for (const port of this.#candidatePorts()) {
      if (!await this.#add(first!, port)) continue;
      const chosen = this.#bound[0]!.port;
      for (const address of others) await this.#add(address, chosen);
      return;
    }
    const range = this.ports === undefined ? "any" : this.ports.join(" to ");
    throw new Error(
      `Cannot open a UDP socket on ${first}: tried port ${range}, expected a free one`,
    );
  }

  *#candidatePorts(): Generator<number> {
    if (this.ports === undefined) {
      for (let i = 0; i < TRIES; i++) yield 0;
      return;
    }
    const [first, last] = this.ports;
    for (let port = first; port <= last; port++) yield port;
  }

  async #add(address: string, port: number): Promise<boolean> {
    let socket: Socket;
    try {
      socket = await bind(address, port);
    } catch {
      return false;
    }
    if (this.#closed) {
      socket.close();
      return false;
    }
    socket.on(
      "message",
      (datagram: Uint8Array, from: { address: string; port: number }) =>
        this.receive(datagram, { socket, address: from.address, port: from.port }),
    );
    this.#bound.push({ address, port: socket.address().port, socket });
    return true;
  }

  /** Addresses and ports to offer, see `candidateLines`. */
  get addresses(): readonly { address: string; port: number }[] {
    return this.#bound.map(({ address, port }) => ({ address, port }));
  }

  close(): void {
    this.#closed = true;
    for (const { socket } of this.#bound.splice(0)) socket.close();
  }
}

/**
 * The candidates to offer (RFC 8839 §5.1), an `announced` address first. Where an announced address stands before
 * others, they stay: who is in the same network goes directly.
 */
export function candidateLines(
  bound: readonly { address: string; port: number }[],
  announced?: string,
): string[] {
  const all = announced === undefined || bound[0] === undefined
    ? bound
    : [{ address: announced, port: bound[0].port }, ...bound];
  return all.map(({ address, port }, i) => {
    // Host candidates: 126, then which address is preferred, then component 1 (RFC 8445 §5.1.2).
    const priority = 126 * 2 ** 24 + (65_535 - i) * 2 ** 8 + 255;
    return `candidate:${i + 1} 1 udp ${priority} ${address} ${port} typ host`;
  });
}
