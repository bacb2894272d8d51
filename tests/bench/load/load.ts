/**
 * The load program, a process of its own: opens sockets to a server, and has it relay signals between pairs of them. The
 * same code drives every server; they differ in their dialect only. See load_protocol.ts and dialects.ts.
 *
 * @module
 */
import { linesOf } from "../../helpers/lines.ts";
import { percentile } from "../report/figure.ts";
import { DIALECTS } from "./dialects.ts";
import { Lag } from "./lag.ts";
import type { Delays, Job, Order, Ready, Sample } from "./load_protocol.ts";
import { LoadSocket } from "./load_socket.ts";
import { payload } from "./payloads.ts";
import { visits } from "./visits.ts";

/** At most so much time's worth of signals is sent at once. */
const LATE_MS = 100;

const lag = new Lag();
let sockets: LoadSocket[] = [];
let sending: ReturnType<typeof setInterval> | undefined;
/** Since the last order to send, as is what the sockets count as received. */
let sent = 0;

for await (const line of linesOf(Deno.stdin.readable)) say(await obey(JSON.parse(line)));
Deno.exit(0);

function say(answer: unknown): void {
  console.log(JSON.stringify(answer));
}

function obey(order: Order): unknown {
  switch (order.order) {
    case "connect":
      return connect(order);
    case "visit":
      return visits(order);
    case "send":
      send(order);
      return {};
    case "sample":
      return sample();
    case "delays":
      return {
        delayMs: takeDelays(),
        lagMs: lag.take(),
        sent,
        received: received(),
      } satisfies Delays;
    case "leave":
      clearInterval(sending);
      for (const socket of sockets) socket.leave();
      return {};
  }
}

async function connect({ urls, sockets: all, connectRate, dialect }: Job): Promise<Ready> {
  lag.take();
  const speaks = DIALECTS[dialect ?? ("id" in all[0]! ? "bare" : "meshlift")];
  const started = performance.now();
  const opening: Promise<LoadSocket>[] = [];
  await new Promise<void>((resolve) => {
    const timer = setInterval(() => {
      const due = Math.min(all.length, (performance.now() - started) * connectRate / 1000);
      while (opening.length < due) {
        const next = opening.length;
        opening.push(LoadSocket.open(speaks, urls[next % urls.length]!, all[next]!));
      }
      if (opening.length < all.length) return;
      clearInterval(timer);
      resolve();
    }, 1);
  });
  const fresh = await Promise.all(opening);
  for (let i = 0; i + 1 < fresh.length; i += 2) LoadSocket.pair(fresh[i]!, fresh[i + 1]!);
  sockets = [...sockets, ...fresh];
  return { joinMs: fresh.map(({ joinMs }) => joinMs), lagMs: lag.take() };
}

/**
 * In small portions, spread over the time, so that the load is even. A machine that is too busy for the rate sends less: to
 * catch up would leave no time to listen.
 */
function send({ rate, kind, lossy }: Extract<Order, { order: "send" }>): void {
  clearInterval(sending);
  if (rate === 0) return;
  const data = JSON.stringify(payload(kind));
  for (const socket of sockets) socket.prepare(data, lossy);
  let last = performance.now();
  let due = 0;
  sent = 0;
  sending = setInterval(() => {
    const now = performance.now();
    due += Math.min(now - last, LATE_MS) * rate / 1000;
    last = now;
    for (; sent < due; sent++) sockets[sent % sockets.length]!.send();
  }, 1);
}

function takeDelays(): number[] {
  return sockets.flatMap((socket) => socket.takeDelays());
}

function received(): number {
  return sockets.reduce((sum, socket) => sum + socket.received, 0);
}

function sample(): Sample {
  const delays = takeDelays();
  const lags = lag.take();
  const both = (samples: number[]) =>
    samples.length === 0
      ? { p50: 0, p99: 0 }
      : { p50: percentile(samples, 0.5), p99: percentile(samples, 0.99) };
  return { sent, received: received(), delayMs: both(delays), lagMs: both(lags) };
}
