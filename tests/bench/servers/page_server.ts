/**
 * Pages of a web developer's own, on another origin than the service's.
 *
 * @module
 */
export interface PageServer extends AsyncDisposable {
  readonly url: string;
}

/** Serves one page on a port of its own. */
export function servePage(html: string): PageServer {
  const server = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen: () => {} },
    () => new Response(html, { headers: { "content-type": "text/html" } }),
  );
  return {
    url: `http://127.0.0.1:${server.addr.port}/`,
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}
