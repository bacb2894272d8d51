/**
 * The routes of the REST protocol.
 *
 * @module
 */
import type { Buffer } from "node:buffer";
import { createHash, timingSafeEqual } from "node:crypto";
import { type Context, Hono, type MiddlewareHandler } from "hono";
import { ReplyError } from "ioredis";
import { bodyOf, jsonOf, TooLargeError } from "./body.ts";
import {
  BadRequestError,
  commandOf,
  commandOfUrl,
  commandsOf,
  type RedisCommand,
  segmentsOf,
  textOf,
} from "./command.ts";
import { RedisAwayError, type RedisLink } from "./link.ts";
import { refusalOf } from "./refusal.ts";
import { type Encoding, type Outcome, outcomeJson } from "./reply.ts";
import { openStream, type SubscriptionKind } from "./stream.ts";

const METHODS = ["GET", "HEAD", "POST", "PUT"];

export interface AppOptions {
  readonly link: RedisLink;
  readonly token: string;
  /** Told of each command that a client asks for, whatever becomes of it. */
  readonly onCommand: (command: readonly string[]) => void;
  /** Runs before anything else. */
  readonly before: MiddlewareHandler;
  /** Ends all streams. */
  readonly closing: AbortSignal;
}

export function createApp(options: AppOptions): Hono {
  const { link } = options;
  const app = new Hono();
  app.onError(answerError);
  app.use(options.before, onlyKnownMethods, authenticate(options.token), syncToken);
  app.post("/", async (c) => await single(c, commandOf(await jsonOf(c.req.raw))));
  app.post("/pipeline", pipeline);
  app.post("/multi-exec", transaction);
  app.on(["GET", "POST"], "/subscribe/*", (c) => subscription(c, "subscribe"));
  app.on(["GET", "POST"], "/psubscribe/*", (c) => subscription(c, "psubscribe"));
  app.on(METHODS, "/*", async (c) => {
    const url = new URL(c.req.url);
    return await single(c, commandOfUrl(url, await bodyOf(c.req.raw)));
  });
  return app;

  async function single(c: Context, command: RedisCommand): Promise<Response> {
    options.onCommand(textOf(command));
    const refusal = refusalOf(command);
    if (refusal !== undefined) throw new BadRequestError(refusal);
    const [outcome] = await link.run([command]);
    return c.json(outcomeJson(outcome!, encodingOf(c)), "error" in outcome! ? 400 : 200);
  }

  async function pipeline(c: Context): Promise<Response> {
    const commands = commandsOf(await jsonOf(c.req.raw));
    for (const command of commands) options.onCommand(textOf(command));
    const refusals = commands.map(refusalOf);
    const outcomes = await link.run(commands.filter((_, index) => refusals[index] === undefined));
    const inOrder = refusals.map((error): Outcome => {
      return error === undefined ? outcomes.shift()! : { error };
    });
    return c.json(inOrder.map((outcome) => outcomeJson(outcome, encodingOf(c))));
  }

  async function transaction(c: Context): Promise<Response> {
    const commands = commandsOf(await jsonOf(c.req.raw));
    for (const command of commands) options.onCommand(textOf(command));
    const refusal = commands.map(refusalOf).find((error) => error !== undefined);
    if (refusal !== undefined) throw new BadRequestError(`EXECABORT ${refusal}`);
    const outcomes = await link.transaction(commands);
    return c.json(outcomes.map((outcome) => outcomeJson(outcome, encodingOf(c))));
  }

  async function subscription(c: Context, kind: SubscriptionKind): Promise<Response> {
    const [, ...topics] = segmentsOf(new URL(c.req.url));
    options.onCommand([kind.toUpperCase(), ...topics]);
    if (topics.includes("")) {
      throw new BadRequestError(`ERR cannot ${kind} to an empty name: expected /${kind}/<name>`);
    }
    const stream = await openStream(kind, topics, options.closing, link.options);
    const headers = { "content-type": "text/event-stream", "cache-control": "no-cache" };
    return c.body(stream, 200, headers);
  }
}

const onlyKnownMethods: MiddlewareHandler = async (c, next) => {
  if (METHODS.includes(c.req.method)) return await next();
  return c.json({
    error: `ERR cannot take ${c.req.method}: expected one of ${METHODS.join(", ")}`,
  }, 405);
};

/** Takes the token as `Authorization: Bearer` or as the query parameter `_token`. */
function authenticate(token: string): MiddlewareHandler {
  const expected = digest(token);
  return async (c, next) => {
    const bearer = /^Bearer (.+)$/i.exec(c.req.header("authorization") ?? "")?.[1];
    const given = bearer ?? c.req.query("_token");
    // Digests are of one length, and what they give away by how long they take to compare is worthless.
    if (given !== undefined && timingSafeEqual(digest(given), expected)) return await next();
    const what = given === undefined ? "no token was sent" : "the token is wrong";
    const error = `WRONGPASS ${what}: expected UPSTASH_REDIS_REST_TOKEN as Authorization: Bearer`;
    return c.json({ error }, 401);
  };
}

function digest(token: string): Buffer {
  return createHash("sha256").update(token).digest();
}

/** There is one Redis and so nothing to catch up with: a client that asks gets a token that says so. */
const syncToken: MiddlewareHandler = async (c, next) => {
  await next();
  if (c.req.header("upstash-sync-token") !== undefined) c.header("upstash-sync-token", "one");
};

function answerError(error: Error, c: Context): Response {
  const status = statusOf(error);
  if (status === 500) console.error(error);
  return c.json({ error: error.message }, status);
}

function statusOf(error: Error): 400 | 413 | 500 | 503 {
  if (error instanceof BadRequestError || error instanceof ReplyError) return 400;
  if (error instanceof TooLargeError) return 413;
  if (error instanceof RedisAwayError) return 503;
  return 500;
}

function encodingOf(c: Context): Encoding {
  return c.req.header("upstash-encoding")?.toLowerCase() === "base64" ? "base64" : "utf8";
}
