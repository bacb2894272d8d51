import { errorText, type Log } from "./log.ts";
import { POLICY } from "./policy.ts";

/** Where to listen, and who answers. */
export interface ServerOptions {
  port: number;
  hostname: string;
  handler: Deno.ServeHandler;
  log: Log;
}

/**
 * An HTTP server that goes on when its listener fails. The runtime's ends for good when the process has no file
 * descriptor left for one more connection; those that are open go on meanwhile.
 */
export class Server {
  readonly port: number;
  readonly #options: ServerOptions;
  #server: Deno.HttpServer<Deno.NetAddr>;
  #state: "serving" | "stopping" = "serving";

  /** @throws when there is no such address, or the port is taken. */
  constructor(options: ServerOptions) {
    this.#options = options;
    this.#server = this.#listen(options.port);
    this.port = this.#server.addr.port;
  }

  /** Takes no more connections, and closes the open ones when they are answered. */
  async shutdown(): Promise<void> {
    this.#state = "stopping";
    await this.#server.shutdown();
  }

  #listen(port: number): Deno.HttpServer<Deno.NetAddr> {
    const { hostname, handler } = this.#options;
    // By deno.json's `no-legacy-abort` no error is made for each answered request, to abort a signal that nobody reads.
    const server = Deno.serve({ port, hostname, onListen: () => {} }, handler);
    server.finished.catch((error) => this.#failed(error));
    return server;
  }

  #failed(error: unknown): void {
    if (this.#state === "stopping") return;
    this.#options.log("error", "listener_failed", { error: errorText(error) });
    setTimeout(() => {
      if (this.#state === "stopping") return;
      try {
        this.#server = this.#listen(this.port);
      } catch (cause) {
        this.#failed(cause);
      }
    }, POLICY.listenAgainMs);
  }
}
