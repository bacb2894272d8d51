/**
 * Bodies of requests, up to a limit.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { BadRequestError } from "./command.ts";

/** Largest request body, in bytes. */
const BODY_BYTES = 10 * 1_048_576;

/** Answered by 413. */
export class TooLargeError extends Error {
  override readonly name = "TooLargeError";
  override readonly message = `ERR cannot take the body: expected at most ${BODY_BYTES} bytes`;
}

/** @throws {TooLargeError} as soon as there is more than the limit; the rest is not read */
export async function bodyOf(request: Request): Promise<Buffer> {
  const told = Number(request.headers.get("content-length") ?? Infinity);
  if (told <= BODY_BYTES) return Buffer.from(await request.arrayBuffer());
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of request.body ?? []) {
    size += chunk.length;
    if (size > BODY_BYTES) throw new TooLargeError();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** @throws {TooLargeError} @throws {BadRequestError} when it is no JSON */
export async function jsonOf(request: Request): Promise<unknown> {
  const body = await bodyOf(request);
  try {
    return JSON.parse(body.toString());
  } catch (error) {
    throw new BadRequestError(`ERR cannot read the body as JSON: ${(error as Error).message}`);
  }
}
