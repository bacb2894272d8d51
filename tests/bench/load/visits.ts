/**
 * People who come and go: joins at a rate that does not wait for answers, each of whom leaves as soon as it is welcome.
 *
 * @module
 */
import { closedBy, type VisitOrder, type Visits } from "./load_protocol.ts";
import { textFrame, WireSocket } from "./wire_socket.ts";

/** Who has no answer by then has none. */
const LIMIT_MS = 10_000;
const LEAVE = textFrame(`{"type":"leave"}`);

type Outcome =
  | { readonly kind: "welcome"; readonly ms: number; readonly joinMs: number }
  | { readonly kind: "refused"; readonly code: number; readonly retryAfterMs?: number }
  | { readonly kind: "failed"; readonly why: string };

/** Resolves when the last one is gone. */
export async function visits({ urls, tokens, rate, count }: VisitOrder): Promise<Visits> {
  const frames = tokens.map((token) => textFrame(JSON.stringify({ type: "join", token })));
  const started = performance.now();
  const all: Promise<Outcome>[] = [];
  await new Promise<void>((resolve) => {
    const timer = setInterval(() => {
      const due = Math.min(count, (performance.now() - started) * rate / 1000);
      while (all.length < due) {
        const next = all.length;
        all.push(visit(urls[next % urls.length]!, frames[next % frames.length]!));
      }
      if (all.length < count) return;
      clearInterval(timer);
      resolve();
    }, 1);
  });
  return sum(await Promise.all(all), performance.now() - started);
}

/** Times count from the moment in which somebody wants to join, so that no queue before the socket is hidden. */
async function visit(url: string, join: Uint8Array<ArrayBuffer>): Promise<Outcome> {
  const wanted = performance.now();
  const { promise, resolve } = Promise.withResolvers<Outcome>();
  const timer = setTimeout(() => resolve({ kind: "failed", why: "no answer" }), LIMIT_MS);
  let socket: WireSocket | undefined;
  try {
    socket = await WireSocket.open(url);
    const opened = performance.now();
    const { send, close } = { send: socket.send.bind(socket), close: socket.close.bind(socket) };
    let retryAfterMs: number | undefined;
    socket.ontext = (text) => {
      if (text.startsWith(`{"type":"welcome"`)) {
        const now = performance.now();
        resolve({ kind: "welcome", ms: now - wanted, joinMs: now - opened });
        send(LEAVE);
        close();
      } else if (text.startsWith(`{"type":"error"`)) {
        retryAfterMs = JSON.parse(text).retryAfterMs;
      }
    };
    socket.onclose = (_, code) => resolve({ kind: "refused", code, retryAfterMs });
    send(join);
  } catch (error) {
    resolve({ kind: "failed", why: error instanceof Error ? error.message : String(error) });
  }
  const outcome = await promise;
  clearTimeout(timer);
  if (outcome.kind === "failed") socket?.cut();
  return outcome;
}

function sum(outcomes: readonly Outcome[], tookMs: number): Visits {
  const counted: Record<string, number> = {};
  const welcome = outcomes.filter((one) => one.kind === "welcome");
  for (const one of outcomes) {
    if (one.kind === "welcome") continue;
    const name = one.kind === "failed"
      ? one.why
      : closedBy(one.code, { told: one.retryAfterMs !== undefined });
    counted[name] = (counted[name] ?? 0) + 1;
  }
  return {
    welcomeMs: welcome.map(({ ms }) => ms),
    joinMs: welcome.map(({ joinMs }) => joinMs),
    others: counted,
    tookMs,
  };
}
