/**
 * Bytes between two connections, whatever they mean.
 *
 * @module
 */

/** Copies both ways until both ends have finished, or one of them is gone; then both are closed. */
export async function tunnel(one: Deno.Conn, other: Deno.Conn): Promise<void> {
  await Promise.all([copy(one, other), copy(other, one)]);
  [one, other].forEach(close);
}

/** Copies until one of them is gone. What one end has finished saying the other is told; the way back stays open. */
async function copy(from: Deno.Conn, to: Deno.Conn): Promise<void> {
  const buffer = new Uint8Array(65_536);
  try {
    while (true) {
      const size = await from.read(buffer);
      if (size === null) return await to.closeWrite();
      for (let sent = 0; sent < size;) sent += await to.write(buffer.subarray(sent, size));
    }
  } catch {
    [from, to].forEach(close);
  }
}

/** Closes a connection that may have ended by itself. */
export function close(conn: Deno.Conn): void {
  try {
    conn.close();
  } catch { /* it had */ }
}
