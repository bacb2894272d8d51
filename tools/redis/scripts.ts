/**
 * Upstash knows a script flag that a stock Redis refuses: `allow-key-locking`. Here it is taken out, and
 * the digests of scripts so changed are kept, so that clients go on by the digest of what they sent.
 *
 * @module
 */
import { createHash } from "node:crypto";
import type { RedisCommand } from "./command.ts";

const FLAG = "allow-key-locking";
const KNOWN_LIMIT = 1_000;

export class Scripts {
  /** From the digest of a script as it was sent to the digest of what Redis got. */
  readonly #known = new Map<string, string>();

  /** The command for a stock Redis. */
  translate(command: RedisCommand): RedisCommand {
    const [first, ...rest] = command.args;
    switch (command.name) {
      case "EVAL":
      case "EVAL_RO":
        return first === undefined ? command : { ...command, args: [this.#source(first), ...rest] };
      case "EVALSHA":
      case "EVALSHA_RO":
        return first === undefined ? command : { ...command, args: [this.#digest(first), ...rest] };
      case "SCRIPT":
        return { ...command, args: this.#script(command.args) };
      default:
        return command;
    }
  }

  /** The digest that answers the command, where Redis would give that of the changed script. */
  static digestOf({ name, args }: RedisCommand): string | undefined {
    const [verb, source] = args;
    if (name !== "SCRIPT" || String(verb).toUpperCase() !== "LOAD") return undefined;
    return source === undefined ? undefined : sha1(source);
  }

  #script(args: RedisCommand["args"]): RedisCommand["args"] {
    const [verb, ...rest] = args;
    switch (String(verb).toUpperCase()) {
      case "LOAD":
        return [verb!, ...rest.map((source) => this.#source(source))];
      case "EXISTS":
        return [verb!, ...rest.map((digest) => this.#digest(digest))];
      default:
        return args;
    }
  }

  #source(source: string | Uint8Array): string | Buffer {
    const text = String(source);
    const stock = withoutFlag(text);
    if (stock !== text) this.#keep(sha1(text), sha1(stock));
    return stock;
  }

  #digest(digest: string | Uint8Array): string {
    return this.#known.get(String(digest).toLowerCase()) ?? String(digest);
  }

  /** One that is forgotten is answered by NOSCRIPT, and so sent anew. */
  #keep(sent: string, stock: string): void {
    this.#known.set(sent, stock);
    const [oldest] = this.#known.keys();
    if (this.#known.size > KNOWN_LIMIT && oldest !== undefined) this.#known.delete(oldest);
  }
}

/** `#!lua flags=a,allow-key-locking` becomes `#!lua flags=a`; lines keep their numbers. */
export function withoutFlag(source: string): string {
  const end = source.indexOf("\n");
  const shebang = end === -1 ? source : source.slice(0, end);
  if (!shebang.startsWith("#!")) return source;
  const words = shebang.split(" ").flatMap((word) => {
    if (!word.startsWith("flags=")) return [word];
    const flags = word.slice("flags=".length).split(",").filter((flag) => flag !== FLAG);
    return flags.length === 0 ? [] : [`flags=${flags.join(",")}`];
  });
  return words.join(" ") + source.slice(shebang.length);
}

function sha1(source: string | Uint8Array): string {
  return createHash("sha1").update(source).digest("hex");
}
