import type { Socket } from "node:dgram";
import { Engine } from "../../lib/sfu/embedded/engine.ts";
import type { Path } from "../../lib/sfu/embedded/udp.ts";

/** An engine on a network that loses a share of all media, both ways; handshakes and checks get through. */
export class LossyEngine extends Engine {
  readonly #sockets = new WeakMap<Socket, Socket>();
  lost = 0;

  constructor(readonly share: number) {
    super();
  }

  #loses(datagram: Uint8Array): boolean {
    const loses = datagram[0]! >= 128 && Math.random() < this.share;
    if (loses) this.lost++;
    return loses;
  }

  override receive(datagram: Uint8Array, path: Path): void {
    if (this.#loses(datagram)) return;
    let socket = this.#sockets.get(path.socket);
    if (socket === undefined) this.#sockets.set(path.socket, socket = this.#lossy(path.socket));
    super.receive(datagram, { ...path, socket });
  }

  #lossy(socket: Socket): Socket {
    const send = (datagram: Uint8Array, port: number, address: string, done?: () => void) => {
      if (!this.#loses(datagram)) socket.send(datagram, port, address, done);
    };
    return new Proxy(socket, {
      get: (target, name) => name === "send" ? send : Reflect.get(target, name),
    });
  }
}
