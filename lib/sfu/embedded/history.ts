import type { MediaPacket } from "./media_packet.ts";

/** The last packets of one stream, by sequence number. */
export class History {
  readonly #packets: (MediaPacket | undefined)[];

  /** `size`: a power of two, so that the numbers begin again at a multiple of it. */
  constructor(size: number) {
    this.#packets = new Array(size);
  }

  keep(packet: MediaPacket): void {
    this.#packets[packet.sequence % this.#packets.length] = packet;
  }

  find(sequence: number): MediaPacket | undefined {
    const packet = this.#packets[sequence % this.#packets.length];
    return packet?.sequence === sequence ? packet : undefined;
  }
}
