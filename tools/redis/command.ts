/**
 * A command as Redis takes it, read from what the REST protocol sends. Pure.
 *
 * @module
 */
import { Buffer } from "node:buffer";

export interface RedisCommand {
  /** In capitals. */
  readonly name: string;
  readonly args: readonly (string | Buffer)[];
}

/** The request is at fault; answered by 400. */
export class BadRequestError extends Error {
  override readonly name = "BadRequestError";
}

/** `["SET", "key", 1]`. @throws {BadRequestError} */
export function commandOf(value: unknown): RedisCommand {
  if (!Array.isArray(value)) {
    throw new BadRequestError(
      `ERR cannot read the command ${show(value)}: expected a JSON array, as ["SET","key","value"]`,
    );
  }
  const [name, ...args] = value.map(argumentOf);
  if (name === undefined || name === "") {
    throw new BadRequestError("ERR cannot run an empty command: expected its name first");
  }
  return { name: name.toUpperCase(), args };
}

/** `[["SET", "key", 1], ["GET", "key"]]`. @throws {BadRequestError} */
export function commandsOf(value: unknown): RedisCommand[] {
  if (Array.isArray(value) && value.length > 0) return value.map(commandOf);
  throw new BadRequestError(
    `ERR cannot read the commands ${show(value)}: expected a JSON array of one or more of them`,
  );
}

/** `/set/key?EX=100`, with a body before what the query adds. @throws {BadRequestError} */
export function commandOfUrl(url: URL, body: Buffer | undefined): RedisCommand {
  const command = commandOf(segmentsOf(url));
  const args: (string | Buffer)[] = [...command.args];
  if (body !== undefined && body.length > 0) args.push(body);
  for (const [option, value] of url.searchParams) {
    if (option === "_token") continue;
    args.push(option);
    if (value !== "") args.push(value);
  }
  return { name: command.name, args };
}

/** The parts of a path, decoded. @throws {BadRequestError} */
export function segmentsOf(url: URL): string[] {
  return url.pathname.slice(1).split("/").map((segment) => {
    try {
      return decodeURIComponent(segment);
    } catch {
      throw new BadRequestError(`ERR cannot decode "${segment}": expected percent-encoded UTF-8`);
    }
  });
}

/** As text, for those who count or print. */
export function textOf({ name, args }: RedisCommand): string[] {
  return [name, ...args.map(String)];
}

function argumentOf(value: unknown, index: number): string {
  switch (typeof value) {
    case "string":
      return value;
    case "number":
    case "boolean":
      return String(value);
    default:
      throw new BadRequestError(
        `ERR cannot take ${show(value)} as argument ${index}: expected a string, number or boolean`,
      );
  }
}

function show(value: unknown): string {
  return JSON.stringify(value).slice(0, 100);
}
