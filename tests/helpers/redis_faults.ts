/**
 * Faults between a REST gateway and its clients, as a middleware.
 *
 * @module
 */
import type { MiddlewareHandler } from "hono";
import { assertNever } from "../../lib/assert_never.ts";

export type Fault =
  | { readonly kind: "none" }
  /** Requests reach Redis so much later, even if their client has given up. */
  | { readonly kind: "delay"; readonly ms: number }
  /** Requests are answered by an error, and do not reach Redis. */
  | { readonly kind: "error"; readonly status: 400 | 401 | 429 | 500 | 503; readonly error: string }
  /** Requests do not reach Redis, and are not answered until there is another fault: then by 503. */
  | { readonly kind: "hang" }
  /** Redis gets the request, and the answer is lost: the client sees an error and cannot know. */
  | { readonly kind: "lost answer" };

export interface Faults {
  /** What happens to requests from now on; streams that are open stay as they are. */
  set(fault: Fault): void;
  /** Resolves when so many requests hang. */
  hanging(count: number): Promise<void>;
  /** Commands that came and did not reach Redis, name first, in order. */
  readonly swallowed: readonly (readonly string[])[];
  /** Resolves when at least so many have been swallowed since the start. */
  swallows(count: number): Promise<void>;
  /** How many streams are open. */
  readonly streams: number;
  /** Resolves when so many streams are open. */
  streamsOpen(count: number): Promise<void>;
  /** Ends all streams that are open, as a server does that restarts. */
  endStreams(): void;
  /** Nothing more comes on the streams that are open, and they do not end: as when a network dies. */
  muteStreams(): void;
}

export function injectFaults(): { middleware: MiddlewareHandler; faults: Faults } {
  let fault: Fault = { kind: "none" };
  let hanging = 0;
  const swallowed: (readonly string[])[] = [];
  let changed = Promise.withResolvers<void>();
  const streams = new Set<Valve>();
  const watchers = new Set<() => void>();
  const notify = () => watchers.forEach((look) => look());
  function until(condition: () => boolean): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const look = () => {
      if (condition()) resolve();
    };
    watchers.add(look);
    look();
    return promise.finally(() => watchers.delete(look));
  }

  async function swallow(request: Request): Promise<void> {
    swallowed.push(...await commandsIn(request));
    notify();
  }

  const middleware: MiddlewareHandler = async (c, next) => {
    switch (fault.kind) {
      case "none":
        break;
      case "delay":
        await delay(fault.ms);
        break;
      case "error":
        await swallow(c.req.raw);
        return c.json({ error: fault.error }, fault.status);
      case "hang":
        hanging++;
        await swallow(c.req.raw);
        await changed.promise;
        hanging--;
        return c.json({ error: "the request was lost" }, 503);
      case "lost answer":
        await next();
        c.res = c.json({ error: "the answer was lost" }, 500);
        return;
      default:
        assertNever(fault);
    }
    await next();
    if (c.res.headers.get("content-type") !== "text/event-stream" || c.res.body === null) return;
    const valve = new Valve(() => {
      streams.delete(valve);
      notify();
    });
    streams.add(valve);
    c.res = new Response(valve.of(c.res.body), c.res);
    notify();
  };

  const faults: Faults = {
    set(next) {
      fault = next;
      changed.resolve();
      changed = Promise.withResolvers<void>();
    },
    get streams() {
      return streams.size;
    },
    swallowed,
    swallows: (count) => until(() => swallowed.length >= count),
    hanging: (count) => until(() => hanging === count),
    streamsOpen: (count) => until(() => streams.size === count),
    endStreams: () => streams.forEach((stream) => stream.end()),
    muteStreams: () => streams.forEach((stream) => stream.mute()),
  };
  return { middleware, faults };
}

async function commandsIn(request: Request): Promise<readonly (readonly string[])[]> {
  const [, name = "", ...topics] = new URL(request.url).pathname.split("/");
  switch (name) {
    case "":
      return [await request.json()];
    case "pipeline":
    case "multi-exec":
      return await request.json();
    default:
      return [[name.toUpperCase(), ...topics]];
  }
}

/** A stream on its way to a client. */
class Valve {
  #state: "open" | "mute" = "open";
  #controller!: TransformStreamDefaultController<Uint8Array>;

  /** @param gone told when the stream has ended at either side */
  constructor(readonly gone: () => void) {}

  of(source: ReadableStream<Uint8Array>): ReadableStream<Uint8Array> {
    const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>({
      start: (controller) => {
        this.#controller = controller;
      },
      transform: (chunk, controller) => {
        if (this.#state === "open") controller.enqueue(chunk);
      },
    });
    this.#carry(source, writable).catch(() => {/* ended by the client, or by `end` */})
      .finally(this.gone);
    return readable;
  }

  async #carry(
    source: ReadableStream<Uint8Array>,
    writable: WritableStream<Uint8Array>,
  ): Promise<void> {
    await source.pipeTo(writable, { preventClose: true });
    const writer = writable.getWriter();
    // A muted stream does not even tell that its source has ended.
    await (this.#state === "open" ? writer.close() : writer.closed);
  }

  end(): void {
    this.#controller.terminate();
  }

  mute(): void {
    this.#state = "mute";
  }
}

function delay(ms: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  setTimeout(resolve, ms);
  return promise;
}
