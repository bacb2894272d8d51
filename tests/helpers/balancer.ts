import { close, tunnel } from "./tunnel.ts";

/** A TCP proxy in front of several servers, as an operator puts one before the nodes. */
export interface Balancer extends AsyncDisposable {
  /** `http://127.0.0.1:...`, without a slash at the end. */
  readonly url: string;
  /** How many connections run to each target now, in the order in which the targets were given. */
  readonly connections: readonly number[];
  /** From now on new connections go to this target while it takes them; without one, to all in turn again. */
  prefer(target?: number): void;
  /** Ends the connections to one target, or all of them, without a word to either end; new ones are let through. */
  cut(target?: number): void;
}

/** One connection of a client, and the one to the target that took it. */
interface Link {
  readonly target: number;
  readonly ends: readonly Deno.TcpConn[];
}

/**
 * Listens on a free port of 127.0.0.1. Each connection goes to the next target in turn; one that refuses is passed
 * over, and when all refuse the client's connection ends.
 *
 * @param targets URLs; only host and port count
 */
export function startBalancer(targets: readonly string[]): Balancer {
  const addresses = targets.map((target) => {
    const { hostname, port } = new URL(target);
    return { hostname, port: Number(port) };
  });
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const links = new Set<Link>();
  const near = new Set<Deno.TcpConn>();
  let preferred: number | undefined;
  let turn = 0;
  const serving = serve();

  async function serve(): Promise<void> {
    const running = new Set<Promise<void>>();
    for await (const conn of listener) {
      const one = carry(conn).finally(() => running.delete(one));
      running.add(one);
    }
    await Promise.all(running);
  }

  async function carry(client: Deno.TcpConn): Promise<void> {
    near.add(client);
    const found = await reach();
    if (found === undefined || !near.delete(client)) {
      for (const conn of [found?.conn, client]) if (conn) close(conn);
      return;
    }
    const link: Link = { target: found.target, ends: [client, found.conn] };
    links.add(link);
    for (const end of link.ends) end.setNoDelay(true);
    await tunnel(client, found.conn);
    links.delete(link);
  }

  /** The first target that takes a connection. */
  async function reach(): Promise<{ target: number; conn: Deno.TcpConn } | undefined> {
    const first = preferred ?? turn++;
    for (let i = 0; i < addresses.length; i++) {
      const target = (first + i) % addresses.length;
      try {
        return { target, conn: await Deno.connect(addresses[target]!) };
      } catch { /* it refuses: the next one */ }
    }
  }

  function cut(target?: number): void {
    for (const link of links) {
      if (target === undefined || link.target === target) link.ends.forEach(close);
    }
  }

  return {
    url: `http://127.0.0.1:${listener.addr.port}`,
    get connections() {
      return addresses.map((_, target) =>
        [...links].filter((link) => link.target === target).length
      );
    },
    prefer: (target) => void (preferred = target),
    cut,
    async [Symbol.asyncDispose]() {
      listener.close();
      near.forEach(close);
      near.clear();
      cut();
      await serving;
    },
  };
}
