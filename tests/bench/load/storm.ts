/**
 * Thousands of clients in a process of its own. Each is the SDK's own signaling, with its timers and delays, on a light
 * socket in place of the browser's. See storm_protocol.ts.
 *
 * @module
 */
import { Signaling } from "../../../client/signaling.ts";
import { linesOf } from "../../helpers/lines.ts";
import { percentile } from "../report/figure.ts";
import { Lag } from "./lag.ts";
import type { StormJob, StormOrder, StormReport } from "./storm_protocol.ts";
import { textFrame, WireSocket } from "./wire_socket.ts";

const lag = new Lag();
let clients: Client[] = [];
let byIndex: readonly Client[] = [];
/** Finds a node for a connection. */
let dial: () => Promise<WireSocket>;
/** How connections ended that never saw a welcome. */
let failures: Record<string, number> = {};
/** Who is not welcome yet, or again. */
let waiting = new Set<Client>();
/** When the first connection was lost. */
let begun: number | undefined;
let over = Promise.withResolvers<void>();

/** One client, and what became of it since the storm began. */
class Client {
  attempts = 0;
  backAt = 0;
  id: string | undefined;
  renamed = false;
  state: "in the call" | "gave up" = "in the call";
  socket: ClientSocket | undefined;
  readonly signaling: Signaling;

  constructor(index: number, token: string) {
    this.signaling = new Signaling({
      // The path tells the sockets whose they are.
      url: `ws://storm/${index}`,
      token: () => token,
      present: () => ({}),
      events: {
        welcome: ({ self: { id } }) => {
          this.renamed ||= this.id !== undefined && this.id !== id;
          this.id = id;
          this.#back();
        },
        frame: () => {},
        away: () => {
          begun ??= performance.now();
          waiting.add(this);
        },
        ready: () => {},
        closed: ({ code }) => {
          failures[code] = (failures[code] ?? 0) + 1;
          this.state = "gave up";
          this.#back();
        },
      },
    });
  }

  #back(): void {
    this.backAt = performance.now();
    waiting.delete(this);
    if (waiting.size === 0) over.resolve();
  }
}

/** What the SDK's signaling needs of a WebSocket. */
class ClientSocket {
  static readonly OPEN = 1;
  readyState = 0;
  readonly bufferedAmount = 0;
  onopen: () => void = () => {};
  onmessage: (event: { data: string }) => void = () => {};
  onclose: (event: { code: number }) => void = () => {};
  #wire: WireSocket | undefined;
  #welcome = false;

  constructor(url: string) {
    const client = byIndex[Number(new URL(url).pathname.split("/")[1])]!;
    client.attempts++;
    client.socket = this;
    this.#open();
  }

  send(text: string): void {
    this.#wire!.send(textFrame(text));
  }

  close(): void {
    if (this.#wire) this.#wire.close();
    else this.#ended(1006);
  }

  cut(): void {
    this.#wire?.cut();
  }

  async #open(): Promise<void> {
    let wire: WireSocket;
    try {
      wire = await dial();
    } catch {
      return this.#ended(1006);
    }
    if (this.readyState !== 0) return wire.cut();
    this.#wire = wire;
    wire.onclose = (_, code) => this.#ended(code);
    wire.ontext = (data) => {
      if (data.startsWith(`{"type":"welcome"`)) this.#welcome = true;
      this.onmessage({ data });
    };
    this.readyState = ClientSocket.OPEN;
    this.onopen();
  }

  #ended(code: number): void {
    if (this.readyState === 3) return;
    this.readyState = 3;
    if (!this.#welcome) failures[code] = (failures[code] ?? 0) + 1;
    this.onclose({ code });
  }
}

globalThis.WebSocket = ClientSocket as unknown as typeof WebSocket;

const lines = linesOf(Deno.stdin.readable);
const first = await lines.next();
if (!first.done) {
  await connect(JSON.parse(first.value));
  console.log("{}");
  for await (const line of lines) {
    const { order }: StormOrder = JSON.parse(line);
    console.log(JSON.stringify(await storm(order)));
  }
}
Deno.exit(0);

async function connect({ urls, balance, tokens, connectRate }: StormJob): Promise<void> {
  let turn = 0;
  dial = async () => {
    const first = balance === "turn" ? turn++ : 0;
    for (let i = 0; i < urls.length; i++) {
      try {
        return await WireSocket.open(urls[(first + i) % urls.length]!);
      } catch (error) {
        if (!(error instanceof Deno.errors.ConnectionRefused)) throw error;
      }
    }
    throw new Error("Cannot connect: no node takes it");
  };
  clients = tokens.map((token, i) => new Client(i, token));
  byIndex = clients;
  waiting = new Set(clients);
  const started = performance.now();
  let opened = 0;
  const timer = setInterval(() => {
    const due = Math.min(clients.length, (performance.now() - started) * connectRate / 1000);
    for (; opened < due; opened++) clients[opened]!.signaling.start();
    if (opened === clients.length) clearInterval(timer);
  }, 1);
  await over.promise;
  const gaveUp = clients.filter(({ state }) => state === "gave up").length;
  if (gaveUp > 0) throw new Error(`Cannot join: ${gaveUp} gave up, ${JSON.stringify(failures)}`);
}

async function storm(order: StormOrder["order"]): Promise<StormReport> {
  // Who gave up in an earlier storm takes no part.
  clients = clients.filter(({ state }) => state !== "gave up");
  for (const client of clients) {
    client.attempts = 0;
    client.renamed = false;
  }
  waiting = new Set(clients);
  over = Promise.withResolvers();
  begun = undefined;
  failures = {};
  lag.take();
  if (order === "cut") { for (const { socket } of clients) socket?.cut(); }
  await over.promise;
  const lags = lag.take();
  return {
    attempts: clients.map(({ attempts }) => attempts),
    backMs: clients.map(({ backAt }) => backAt - begun!),
    gaveUp: clients.filter(({ state }) => state === "gave up").length,
    renamed: clients.filter(({ renamed }) => renamed).length,
    failures,
    lagMs: { p50: percentile(lags, 0.5), p99: percentile(lags, 0.99), max: Math.max(...lags) },
  };
}
