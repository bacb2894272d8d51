/**
 * The wires of a lab, in a process of their own: what the test is busy with does not hold packets up. Takes a
 * {@linkcode Request} a line, answers each with a {@linkcode Reply} a line, and ends with its input; then it also
 * removes what is left of the lab. Arguments: the path of `ip`, and what the names of the lab's namespaces begin with.
 *
 * One thread that waits for packets, commands and due times at once; nothing here is asynchronous.
 *
 * @module
 */
import type { Impairment } from "./impairment.ts";
import type { Counters } from "./link.ts";
import { type Descriptor, readFrom, type TapAddress, wait } from "./tap.ts";
import { sweep } from "./sweep.ts";
import { type Direction, Wire } from "./wire.ts";

export type Request =
  | { do: "open"; wire: string; host: TapAddress; network: TapAddress }
  | { do: "close"; wire: string }
  | { do: "impair"; wire: string; direction: Direction; changes: Partial<Impairment> }
  | { do: "count"; wire: string };

export type Reply =
  | { ok: true; counters?: Record<Direction, Counters> }
  | { ok: false; error: string };

const STDIN: Descriptor = 0;
const wires = new Map<string, Wire>();

if (import.meta.main) {
  const [ip, prefix] = Deno.args as [string, string];
  // What ends the test by a key at the terminal is sent here too: this one ends after it.
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    Deno.addSignalListener(signal, () => {});
  }
  forward();
  sweep(ip, prefix);
  Deno.exit(0);
}

function forward(): void {
  let rest = "";
  while (true) {
    const next = Math.min(...[...wires.values()].map((wire) => wire.next));
    const files = [STDIN, ...[...wires.values()].flatMap((wire) => wire.files)];
    const { readable, ended } = wait(files, next - performance.now());
    const now = performance.now();
    for (const wire of wires.values()) {
      for (const file of wire.files) if (readable.includes(file)) wire.read(file, now);
      wire.deliver(now);
    }
    // A device that was taken away, with its namespace for example.
    for (const [name, wire] of wires) {
      if (wire.files.some((file) => ended.includes(file))) close(name);
    }
    if (ended.includes(STDIN)) break;
    if (!readable.includes(STDIN)) continue;
    const came = readFrom(STDIN);
    if (came === undefined) break;
    const lines = (rest + new TextDecoder().decode(came)).split("\n");
    rest = lines.pop()!;
    for (const line of lines) reply(answer(JSON.parse(line)));
  }
  for (const name of wires.keys()) close(name);
}

function answer(request: Request): Reply {
  try {
    return { ok: true, ...act(request) };
  } catch (error) {
    return { ok: false, error: error instanceof Error ? error.message : String(error) };
  }
}

function act(request: Request): { counters?: Record<Direction, Counters> } {
  if (request.do === "open") {
    close(request.wire);
    wires.set(request.wire, new Wire(request.host, request.network));
    return {};
  }
  if (request.do === "close") {
    close(request.wire);
    return {};
  }
  const wire = wires.get(request.wire);
  if (wire === undefined) throw new Error(`there is no wire "${request.wire}"`);
  if (request.do === "count") return { counters: wire.counters() };
  wire.impair(request.direction, request.changes);
  return {};
}

function close(name: string): void {
  wires.get(name)?.close();
  wires.delete(name);
}

function reply(reply: Reply): void {
  const bytes = new TextEncoder().encode(JSON.stringify(reply) + "\n");
  for (let sent = 0; sent < bytes.length;) sent += Deno.stdout.writeSync(bytes.subarray(sent));
}
