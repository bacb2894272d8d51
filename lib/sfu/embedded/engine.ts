import type { Socket } from "node:dgram";
import { type Certificate, makeCertificate } from "./dtls.ts";
import { EMBEDDED } from "./policy.ts";
import type { Fingerprint } from "./sdp_read.ts";
import type { LocalEnd } from "./sdp_write.ts";
import { readCheck } from "./stun.ts";
import { isCheck, Transport, type TransportEvents } from "./transport.ts";
import { candidateLines, type Path, UdpSockets } from "./udp.ts";

export interface EngineOptions {
  /** An address to offer before those of this host. */
  readonly address?: string;
  readonly ports?: readonly [number, number];
  /** A datagram, or what was due, could not be dealt with: a mistake of this program. It goes on without. */
  readonly onMistake?: (error: unknown) => void;
}

interface Loaded {
  readonly werift: typeof import("werift");
  readonly certificate: Certificate;
}

/** A way by which a connection comes. */
interface Way {
  readonly transport: Transport;
  checkedAt: number;
  forget(): void;
}

/** What all connections share: the sockets, the certificate, the clock, and who gets which datagram. */
export class Engine {
  readonly #sockets: UdpSockets;
  readonly #options: EngineOptions;
  readonly #byName = new Map<string, Transport>();
  readonly #byPath = new WeakMap<Socket, Map<string, Way>>();
  /** The one that was checked last at the end. */
  readonly #waysOf = new WeakMap<Transport, Set<Way>>();
  readonly #ending = new Set<Promise<void>>();
  readonly #onTick = new Set<(now: number) => void>();
  #loading: Promise<Loaded> | undefined;
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor(options: EngineOptions = {}) {
    this.#options = options;
    this.#sockets = new UdpSockets(
      (datagram, path) => this.#guard(() => this.receive(datagram, path)),
      options.ports,
    );
  }

  /** Milliseconds, of no particular time. */
  readonly now = (): number => performance.now();

  /** @throws {Error} (rejects) where there is no UDP to be had. */
  async start(): Promise<void> {
    await this.#sockets.open();
  }

  /** @throws {Error} (rejects) where it cannot be loaded; the next call tries again. */
  load(): Promise<Loaded> {
    this.#loading ??= import("werift").then(async (werift) => ({
      werift,
      certificate: await makeCertificate(werift),
    }));
    this.#loading.catch(() => this.#loading = undefined);
    return this.#loading;
  }

  /** A new connection, and our end of it for its session description. */
  async connection(events: TransportEvents): Promise<{ transport: Transport; end: LocalEnd }> {
    const { certificate } = await this.load();
    await this.#sockets.open();
    const transport = new Transport(events, this.now);
    this.#byName.set(transport.ufrag, transport);
    const { ufrag, password } = transport;
    const candidates = candidateLines(this.#sockets.addresses, this.#options.address);
    return {
      transport,
      end: { ufrag, password, fingerprint: certificate.fingerprint, candidates },
    };
  }

  /** The other side of `transport` is the one that has one of these certificates. */
  async expect(transport: Transport, fingerprints: readonly Fingerprint[]): Promise<void> {
    const { werift, certificate } = await this.load();
    transport.expect(werift, certificate, fingerprints);
  }

  /** Lets go of a connection. */
  drop(transport: Transport): void {
    this.#byName.delete(transport.ufrag);
    for (const way of this.#waysOf.get(transport) ?? []) way.forget();
    const ended: Promise<void> = transport.close().finally(() => this.#ending.delete(ended));
    this.#ending.add(ended);
  }

  /** A datagram has come by `path`. */
  receive(datagram: Uint8Array, path: Path): void {
    let paths = this.#byPath.get(path.socket);
    if (paths === undefined) this.#byPath.set(path.socket, paths = new Map());
    const key = `${path.port} ${path.address}`;
    const way = paths.get(key);
    if (!isCheck(datagram)) {
      way?.transport.datagram(datagram);
      return;
    }
    const username = readCheck(datagram)?.username;
    const transport = username === undefined ? undefined : this.#byName.get(username);
    if (transport === undefined) return;
    const now = this.now();
    // Anyone can write another's address on a datagram: what is in use is not taken over.
    const isOthers = way !== undefined && way.transport !== transport;
    if (isOthers && now - way.checkedAt < EMBEDDED.pathIdleMs) return;
    // Only an authentic check opens a path.
    if (!transport.check(datagram, path)) return;
    if (isOthers) way.forget();
    this.#note(transport, way?.transport === transport ? way : undefined, { paths, key, now });
  }

  /** A check of `transport` has come, by `known` or by a new way, which takes the place of its oldest one. */
  #note(
    transport: Transport,
    known: Way | undefined,
    { paths, key, now }: { paths: Map<string, Way>; key: string; now: number },
  ): void {
    const ways = this.#waysOf.get(transport) ?? new Set();
    this.#waysOf.set(transport, ways);
    const way = known ?? {
      transport,
      checkedAt: now,
      forget() {
        paths.delete(key);
        ways.delete(way);
      },
    };
    way.checkedAt = now;
    paths.set(key, way);
    ways.delete(way);
    ways.add(way);
    if (ways.size > EMBEDDED.pathsMost) { for (const oldest of ways) return oldest.forget(); }
  }

  /** Calls `listener` again and again while there is one; returns its undo. */
  onTick(listener: (now: number) => void): () => void {
    this.#onTick.add(listener);
    this.#timer ??= setInterval(() => this.#tick(), EMBEDDED.tickMs);
    return () => {
      this.#onTick.delete(listener);
      if (this.#onTick.size > 0) return;
      clearInterval(this.#timer);
      this.#timer = undefined;
    };
  }

  #tick(): void {
    const now = this.now();
    for (const listener of this.#onTick) this.#guard(() => listener(now));
  }

  /** What one connection brings up must not end all the others. */
  #guard(act: () => void): void {
    try {
      act();
    } catch (error) {
      this.#options.onMistake?.(error);
    }
  }

  /** Fulfilled when nothing is left. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    this.#onTick.clear();
    for (const transport of this.#byName.values()) this.drop(transport);
    await Promise.all(this.#ending);
    this.#sockets.close();
  }
}
