/** A TCP proxy whose connections can be cut, as a network does it: without a word to either end. */
export interface CuttableProxy extends AsyncDisposable {
  readonly url: string;
  /** Ends every connection that runs through it; new ones are let through. */
  cut(): void;
}

/** A proxy on a free port of 127.0.0.1, to the service at `target`. */
export function startProxy(target: string): CuttableProxy {
  const { hostname, port } = new URL(target);
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const open = new Set<Deno.TcpConn>();

  const serving = serve();

  async function serve(): Promise<void> {
    const running: Promise<void>[] = [];
    for await (const near of listener) running.push(join(near));
    await Promise.all(running);
  }

  async function join(near: Deno.TcpConn): Promise<void> {
    const far = await Deno.connect({ hostname, port: Number(port) });
    for (const end of [near, far]) open.add(end);
    await Promise.allSettled([
      near.readable.pipeTo(far.writable),
      far.readable.pipeTo(near.writable),
    ]);
    for (const end of [near, far]) open.delete(end);
  }

  function cut(): void {
    for (const end of open) {
      try {
        end.close();
      } catch { /* it had ended by itself */ }
    }
    open.clear();
  }

  return {
    url: `http://127.0.0.1:${listener.addr.port}`,
    cut,
    async [Symbol.asyncDispose]() {
      listener.close();
      cut();
      await serving;
    },
  };
}
