import { close, tunnel } from "../../helpers/tunnel.ts";
import { linesOf } from "../../helpers/lines.ts";
import { PORTS, PUBLIC } from "../addresses.ts";
import type { Namespace } from "../namespace.ts";

/**
 * The way from a test's own network into the public part of its lab, through a Unix socket: those do not care for
 * network namespaces. Nothing is changed in the network of the test.
 */
export class Door implements AsyncDisposable {
  readonly #ways = new Map<string, Deno.TcpListener>();
  readonly #open = new Set<Promise<void>>();
  readonly #connections = new Set<Deno.Conn>();

  private constructor(
    readonly folder: string,
    readonly socket: string,
    readonly inside: Deno.ChildProcess,
    readonly output: AsyncGenerator<string>,
  ) {}

  static async open(namespace: Namespace): Promise<Door> {
    const folder = await Deno.makeTempDir({ prefix: "meshlift-lab-" });
    const socket = `${folder}/door`;
    const program = new URL("process.ts", import.meta.url).pathname;
    const [ip, ...args] = namespace.within(
      ...[Deno.execPath(), "run", "-A", "--no-prompt", program],
      ...[socket, folder, String(PORTS.pages)],
    );
    const inside = new Deno.Command(ip, {
      args,
      stdin: "piped",
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    const output = linesOf(inside.stdout);
    const door = new Door(folder, socket, inside, output);
    if ((await output.next()).value === "ready") return door;
    await door[Symbol.asyncDispose]();
    throw new Error("Cannot open a door to the lab's public part: its inner side has ended");
  }

  /** A URL of 127.0.0.1 that leads to one of the public part; the same for the same address. */
  to(url: string): string {
    const { protocol, host } = new URL(url);
    let listener = this.#ways.get(host);
    if (listener === undefined) {
      listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
      this.#ways.set(host, listener);
      this.#track(this.#serve(listener, host));
    }
    return `${protocol}//127.0.0.1:${listener.addr.port}`;
  }

  /** Puts a page on the lab's own site, and returns its path there; see {@linkcode siteUrl}. */
  async publish(name: string, html: string): Promise<string> {
    await Deno.writeTextFile(`${this.folder}/${name}.html`, html);
    return `/${name}.html`;
  }

  async #serve(listener: Deno.TcpListener, host: string): Promise<void> {
    for await (const conn of listener) this.#track(this.#carry(conn, host));
  }

  async #carry(near: Deno.Conn, host: string): Promise<void> {
    this.#connections.add(near);
    try {
      const far = await Deno.connect({ transport: "unix", path: this.socket });
      this.#connections.add(far);
      await far.write(new TextEncoder().encode(`${host}\n`));
      await tunnel(near, far);
      this.#connections.delete(far);
    } catch {
      close(near);
    } finally {
      this.#connections.delete(near);
    }
  }

  #track(work: Promise<void>): void {
    const tracked = work.finally(() => this.#open.delete(tracked));
    this.#open.add(tracked);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const listener of this.#ways.values()) listener.close();
    this.#connections.forEach(close);
    await Promise.all(this.#open);
    await this.inside.stdin.close();
    while (!(await this.output.next()).done);
    await this.inside.status;
    await Deno.remove(this.folder, { recursive: true });
  }
}

/** Address of the site that pages are published on, as hosts of a family reach it. */
export function siteUrl(family: 4 | 6): string {
  return httpUrl(family, PORTS.pages);
}

/** `http://<public address>:<port>`, without a slash at the end. */
export function httpUrl(family: 4 | 6, port: number): string {
  return `http://${family === 4 ? PUBLIC.v4 : `[${PUBLIC.v6}]`}:${port}`;
}
