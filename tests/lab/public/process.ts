/**
 * What a lab needs in its public part besides the servers: the inner side of the door, and a site for pages.
 * Arguments: path of the door's socket, folder of the pages, their port.
 *
 * @module
 */
import { linesOf } from "../../helpers/lines.ts";
import { close, tunnel } from "../../helpers/tunnel.ts";

if (import.meta.main) {
  const [socket, folder, port] = Deno.args as [string, string, string];
  letIn(Deno.listen({ transport: "unix", path: socket }));
  Deno.serve({ hostname: "::", port: Number(port), onListen: () => {} }, (request) => {
    return page(folder, new URL(request.url).pathname);
  });
  console.log("ready");
  // Whoever started this keeps the other end open for as long as it lives.
  for await (const _ of linesOf(Deno.stdin.readable));
  Deno.exit(0);
}

/** A connection begins with one line that says where it goes, `host:port`. */
async function letIn(door: Deno.Listener): Promise<void> {
  for await (const conn of door) forward(conn).catch(() => close(conn));
}

async function forward(conn: Deno.Conn): Promise<void> {
  const target = new URL(`tcp://${await firstLine(conn)}`);
  const hostname = target.hostname.replace(/[[\]]/g, "");
  await tunnel(conn, await Deno.connect({ hostname, port: Number(target.port) }));
}

/** Reads no more than the line: what follows is for the target. */
async function firstLine(conn: Deno.Conn): Promise<string> {
  let line = "";
  const byte = new Uint8Array(1);
  while (await conn.read(byte) !== null) {
    const char = String.fromCharCode(byte[0]!);
    if (char === "\n") return line;
    line += char;
  }
  throw new Error("the connection ended before it said where it goes");
}

async function page(folder: string, path: string): Promise<Response> {
  if (!/^\/\w+\.html$/.test(path)) return new Response("no such page", { status: 404 });
  try {
    const html = await Deno.readTextFile(folder + path);
    return new Response(html, { headers: { "content-type": "text/html" } });
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    return new Response("no such page", { status: 404 });
  }
}
