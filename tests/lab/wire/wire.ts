import { impair, type Impairment } from "./impairment.ts";
import { type Counters, Link } from "./link.ts";
import { closeTap, type Descriptor, openTap, readFrom, type TapAddress, writeTo } from "./tap.ts";

/** From a host to the network, or from there to the host. */
export type Direction = "uplink" | "downlink";

/** How many frames of one device are read before others have their turn. */
const AT_ONCE = 64;

/** Two TAP devices and the way between them: `host` to `network` is the uplink. */
export class Wire {
  readonly #taps: Record<Direction, { from: Descriptor; to: Descriptor }>;
  readonly #links: Record<Direction, Link> = {
    uplink: new Link(Math.random),
    downlink: new Link(Math.random),
  };

  /** @throws {Error} where a device cannot be made. */
  constructor(host: TapAddress, network: TapAddress) {
    const near = openTap(host);
    let far: Descriptor;
    try {
      far = openTap(network);
    } catch (error) {
      closeTap(near);
      throw error;
    }
    this.#taps = { uplink: { from: near, to: far }, downlink: { from: far, to: near } };
  }

  /** Both devices. */
  get files(): Descriptor[] {
    return [this.#taps.uplink.from, this.#taps.downlink.from];
  }

  /** When something is due next. */
  get next(): number {
    return Math.min(this.#links.uplink.next, this.#links.downlink.next);
  }

  /** @throws {RangeError} */
  impair(direction: Direction, changes: Partial<Impairment>): void {
    const link = this.#links[direction];
    link.impairment = impair(link.impairment, changes);
  }

  counters(): Record<Direction, Counters> {
    return { uplink: this.#links.uplink.counters, downlink: this.#links.downlink.counters };
  }

  /** Reads what waits in one of the devices. */
  read(file: Descriptor, now: number): void {
    const direction = file === this.#taps.uplink.from ? "uplink" : "downlink";
    for (let i = 0; i < AT_ONCE; i++) {
      const frame = readFrom(file);
      if (frame === undefined) return;
      this.#links[direction].put(frame, now);
    }
  }

  /** Delivers what is due. */
  deliver(now: number): void {
    for (const direction of ["uplink", "downlink"] as const) {
      for (const frame of this.#links[direction].take(now)) {
        writeTo(this.#taps[direction].to, frame);
      }
    }
  }

  /** The devices are gone with it. */
  close(): void {
    this.files.forEach(closeTap);
  }
}
