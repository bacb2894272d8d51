import type { Bus } from "../../lib/bus/mod.ts";
import { type BusInbox, numbered } from "./bus_inbox.ts";

/** Sends until something comes after what came until now; numbers begin at `from`. */
export async function flows(sender: Bus, inbox: BusInbox, from: number): Promise<void> {
  await using _load = startLoad(sender, inbox.node, from);
  const came = inbox.messages.length;
  await inbox.until("another message", ({ messages }) => messages.length > came);
}

export interface Load extends AsyncDisposable {
  /** Resolves when a message is refused for the next time. */
  refused(): Promise<void>;
}

/** Sends a message every ms or so until it is disposed of, whether they are refused or not. */
export function startLoad(sender: Bus, node: string, from = 0): Load {
  let state: "running" | "stopped" = "running";
  let refusal = Promise.withResolvers<void>();
  const running = run();

  async function run(): Promise<void> {
    for (let n = from; state === "running"; n++) {
      sender.publish(node, numbered(n)).catch(() => {
        refusal.resolve();
        refusal = Promise.withResolvers();
      });
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  }

  return {
    refused: () => refusal.promise,
    [Symbol.asyncDispose]() {
      state = "stopped";
      return running;
    },
  };
}

const LIMIT_MS = 30_000;

/** Sends until it is refused for this reason, as soon as the bus knows it. @throws {Error} after 30 s. */
export async function refusal(bus: Bus, reason: RegExp): Promise<string> {
  const giveUpAt = Date.now() + LIMIT_MS;
  for (let n = 0;; n++) {
    const message = await bus.publish("n_nobody", numbered(n)).then(() => "no refusal", String);
    if (reason.test(message)) return message;
    if (Date.now() > giveUpAt) throw new Error(`Expected a refusal by ${reason}, got ${message}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
