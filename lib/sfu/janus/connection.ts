/**
 * One WebSocket to a Janus (subprotocol "janus-protocol", or "janus-admin-protocol"): requests with their answers,
 * and what comes of itself.
 *
 * @module
 */
import { within } from "../../bus/within.ts";
import { JanusAwayError, JanusRefusedError } from "./errors.ts";
import { type JanusAnswer, type JanusEvent, parseMessage } from "./messages.ts";

/** A request as Janus takes it, less its `transaction`. */
export type JanusRequest = { readonly janus: string } & Readonly<Record<string, unknown>>;

export interface AskOptions {
  /** For the error: "join room r". */
  readonly doing: string;
  readonly timeoutMs: number;
  /** `"answer"`: what a plugin answers in the end. `"ack"`: Janus's word that it has it is enough. */
  readonly until?: "answer" | "ack";
}

export interface JanusConnection {
  /** When it was last heard, in ms since 1970. */
  readonly heardAt: number;
  /** Resolves with the reason when it has ended. */
  readonly ended: Promise<Error>;
  /** @throws {JanusRefusedError | JanusAwayError | TimeoutError} (rejects) */
  ask(request: JanusRequest, options: AskOptions): Promise<JanusAnswer>;
  close(): void;
}

export interface ConnectOptions {
  readonly protocol: "janus-protocol" | "janus-admin-protocol";
  readonly timeoutMs: number;
  /** Gives up connecting. */
  readonly signal: AbortSignal;
  /** Goes into every request: secrets and tokens. */
  credentials(): Readonly<Record<string, string>>;
  /** Something came of itself. */
  event(event: JanusEvent): void;
  /** Something came. */
  heard?(): void;
}

/** @throws {JanusAwayError} (rejects) when it cannot be reached in time. */
export async function connect(url: string, options: ConnectOptions): Promise<JanusConnection> {
  const waiting = new Map<string, {
    until: "answer" | "ack";
    resolve(answer: JanusAnswer): void;
    reject(error: Error): void;
    doing: string;
  }>();
  const ended = Promise.withResolvers<Error>();
  const opened = Promise.withResolvers<void>();
  let heardAt = Date.now();
  let asked = 0;
  const socket = new WebSocket(url, options.protocol);

  function end(reason: string): void {
    const error = new JanusAwayError(reason);
    ended.resolve(error);
    opened.reject(error);
    for (const { reject, doing } of waiting.values()) {
      reject(new JanusAwayError(`Cannot ${doing}: ${reason}`));
    }
    waiting.clear();
  }

  function close(): void {
    // The other side may be hung: what is waited for is over now, not when it has agreed.
    end("the connection to Janus was closed");
    socket.onmessage = null;
    socket.close();
  }

  socket.onopen = () => opened.resolve();
  socket.onclose = () => end("the connection to Janus ended");
  socket.onerror = () => end("the connection to Janus failed");
  socket.onmessage = ({ data }) => {
    heardAt = Date.now();
    options.heard?.();
    let message;
    try {
      message = parseMessage(data);
    } catch (error) {
      end(`Janus sent what is not of its protocol (${String(error).slice(0, 200)})`);
      return close();
    }
    if (message === undefined) return;
    if ("transaction" in message && message.transaction !== undefined) {
      settle(message.transaction, message);
    }
    if ("session_id" in message) options.event(message);
  };

  function settle(transaction: string, answer: JanusAnswer): void {
    const request = waiting.get(transaction);
    if (!request || (answer.janus === "ack" && request.until === "answer")) return;
    waiting.delete(transaction);
    const refusal = refusalOf(answer);
    if (refusal) {
      return request.reject(new JanusRefusedError(request.doing, refusal.code, refusal.reason));
    }
    request.resolve(answer);
  }

  function ask(
    request: JanusRequest,
    { doing, timeoutMs, until = "answer" }: AskOptions,
  ): Promise<JanusAnswer> {
    if (socket.readyState !== WebSocket.OPEN) {
      return Promise.reject(new JanusAwayError(`Cannot ${doing}: there is no connection to Janus`));
    }
    const transaction = String(++asked);
    const { promise, resolve, reject } = Promise.withResolvers<JanusAnswer>();
    waiting.set(transaction, { until, resolve, reject, doing });
    socket.send(JSON.stringify({ ...request, ...options.credentials(), transaction }));
    return within(promise, timeoutMs, doing).finally(() => waiting.delete(transaction));
  }

  options.signal.addEventListener("abort", close);
  try {
    await within(opened.promise, options.timeoutMs, "connect to Janus");
  } catch (error) {
    close();
    throw error instanceof JanusAwayError
      ? error
      : new JanusAwayError(error instanceof Error ? error.message : String(error));
  } finally {
    options.signal.removeEventListener("abort", close);
  }
  return {
    get heardAt() {
      return heardAt;
    },
    ended: ended.promise,
    ask,
    close,
  };
}

/** Refusals come from the core, and from the plugin as a success. */
function refusalOf(answer: JanusAnswer): { code: number; reason: string } | undefined {
  if (answer.janus === "error") return answer.error;
  const data = "plugindata" in answer ? answer.plugindata?.data : undefined;
  if (data?.error_code === undefined) return undefined;
  return { code: data.error_code, reason: data.error ?? "no reason given" };
}
