/**
 * A firewall rule for a while: a server's media is dropped, and all else of it goes on.
 *
 * @module
 */
import { find, NFT } from "../../../tools/test/requirements.ts";

/** UDP ports, both included. */
export interface Ports {
  readonly from: number;
  readonly to: number;
}

/**
 * Drops all UDP between programs of this machine from and to these ports, in a table of its own of which nothing else
 * knows; on arrival, since a sender would be told. `await using` removes it.
 *
 * @throws {Error} if there is no nft, or it may not.
 */
export async function dropUdp({ from, to }: Ports): Promise<AsyncDisposable> {
  const table = `meshlift_bench_${crypto.randomUUID().slice(0, 8)}`;
  const ports = `${from}-${to}`;
  await nft(`
    add table inet ${table}
    add chain inet ${table} arriving { type filter hook input priority 0; }
    add rule inet ${table} arriving udp sport ${ports} drop
    add rule inet ${table} arriving udp dport ${ports} drop
  `);
  return { [Symbol.asyncDispose]: () => nft(`delete table inet ${table}`) };
}

async function nft(commands: string): Promise<void> {
  const program = await find(NFT);
  if (program === undefined) throw new Error("Cannot drop packets: expected nftables");
  const child = new Deno.Command(program, {
    args: ["-f", "-"],
    stdin: "piped",
    stdout: "null",
    stderr: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(commands));
  await writer.close();
  const { success, stderr } = await child.output();
  if (success) return;
  throw new Error(`Cannot drop packets by \`nft\`: ${new TextDecoder().decode(stderr)}`);
}
