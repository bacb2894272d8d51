/** A TCP proxy through which nothing need come, and whose connections can be cut. */
export interface StallableProxy extends AsyncDisposable {
  /** The target's URL, through the proxy. */
  readonly url: string;
  /** From now on what the target says waits here, or in its own buffers; nobody is told. */
  stall(): void;
  /** What waits goes on. */
  resume(): void;
  /** Ends all connections; new ones are let through. */
  cut(): void;
}

/** A proxy on a free port of 127.0.0.1. */
export function startStallableProxy(target: string): StallableProxy {
  const to = new URL(target);
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const open = new Set<Deno.TcpConn>();
  let gate = Promise.withResolvers<void>();
  gate.resolve();
  const serving = serve();

  async function serve(): Promise<void> {
    const running: Promise<void>[] = [];
    for await (const near of listener) running.push(join(near));
    await Promise.all(running);
  }

  async function join(near: Deno.TcpConn): Promise<void> {
    open.add(near);
    try {
      const far = await Deno.connect({ hostname: to.hostname, port: Number(to.port) });
      open.add(far);
      await Promise.all([copy(near, far), copy(far, near, () => gate.promise)]);
    } catch {
      // The target is away: so is the connection to it.
      end(near);
    }
  }

  /** Copies until either end is gone; then both are. */
  async function copy(from: Deno.TcpConn, to: Deno.TcpConn, wait?: () => Promise<void>) {
    const buffer = new Uint8Array(65_536);
    try {
      while (true) {
        await wait?.();
        const size = await from.read(buffer);
        if (size === null) break;
        for (let sent = 0; sent < size;) sent += await to.write(buffer.subarray(sent, size));
      }
    } catch { /* one of them was closed */ }
    for (const conn of [from, to]) end(conn);
  }

  function end(conn: Deno.TcpConn): void {
    if (open.delete(conn)) conn.close();
  }

  const url = new URL(target);
  url.port = `${listener.addr.port}`;
  return {
    url: url.href.replace(/\/$/, ""),
    stall: () => {
      gate = Promise.withResolvers();
    },
    resume: () => gate.resolve(),
    cut: () => [...open].forEach(end),
    async [Symbol.asyncDispose]() {
      listener.close();
      gate.resolve();
      [...open].forEach(end);
      await serving;
    },
  };
}
