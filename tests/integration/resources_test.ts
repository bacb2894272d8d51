/** A node that runs out of what the system lends it. */
import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { startService } from "../helpers/service.ts";

const DESCRIPTORS = 80;

describe("a node without file descriptors for more connections", () => {
  it("goes on, and listens again when there are some", async () => {
    await using deno = await limitedDeno();
    await using service = await startService({ deno: deno.path });
    const { hostname, port } = new URL(service.url);
    const held: Deno.TcpConn[] = [];
    for (let n = 0; n < 2 * DESCRIPTORS; n++) {
      const connection = await Deno.connect({ hostname, port: Number(port) }).catch(() => null);
      // Refused: the listener is down for a moment.
      if (connection === null) break;
      held.push(connection);
    }
    await service.log(/"event":"listener_failed"/);
    for (const connection of held) connection.close();
    assertEquals(await statusOf(`${service.url}/healthz`), 200);
    assertEquals((await service.stop()).code, 0);
  });
});

/** A Deno that may have few files open. */
async function limitedDeno(): Promise<{ path: string } & AsyncDisposable> {
  const folder = await Deno.makeTempDir();
  const path = `${folder}/deno`;
  const script = `#!/bin/sh\nulimit -n ${DESCRIPTORS}\nexec "${Deno.execPath()}" "$@"\n`;
  await Deno.writeTextFile(path, script, { mode: 0o755 });
  return { path, [Symbol.asyncDispose]: () => Deno.remove(folder, { recursive: true }) };
}

/** The status of the first answer. @throws {Error} when there is none within 10 s. */
async function statusOf(url: string): Promise<number> {
  const end = AbortSignal.timeout(10_000);
  for (;;) {
    end.throwIfAborted();
    try {
      const response = await fetch(url, { signal: end });
      await response.body?.cancel();
      return response.status;
    } catch (error) {
      // Nobody listens yet.
      if (!(error instanceof TypeError)) throw error;
    }
  }
}
