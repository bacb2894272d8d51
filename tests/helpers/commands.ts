/**
 * What a node asks of Redis, told apart.
 *
 * @module
 */
import type { TestGateway } from "./redis_gateway.ts";

type Command = readonly string[];

/** A node's sign of life. */
export function isBeat(command: Command): boolean {
  return command[0]?.startsWith("EVAL") === true && /"count":\d/.test(command.at(-1) ?? "");
}

/** What a node says to its own inbox, to know whether it still hears. */
export function isEcho([name, , text]: Command): boolean {
  return name === "PUBLISH" && text === "echo me";
}

/** Resolves when the node has given so many more signs of life. */
export async function beats(redis: TestGateway, more = 1): Promise<void> {
  let next = redis.commands.length;
  while (more > 0) {
    await redis.asked(next + 1);
    if (isBeat(redis.commands[next++]!)) more--;
  }
}
