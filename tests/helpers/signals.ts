import { assertEquals } from "@std/assert";
import type { WsClient } from "./ws_client.ts";

const AGAIN_MS = 100;

/** Signals once: it arrives, and only what was sent. */
export async function signals(from: WsClient, to: WsClient): Promise<void> {
  const data = crypto.randomUUID();
  from.send({ type: "signal", to: to.id, data });
  const signal = await to.next("signal", { where: (frame) => frame.data === data });
  assertEquals(signal.from, from.id);
}

/** Signals over and over until one arrives: for when the way between two nodes may be broken yet. */
export async function signalsFlow(
  from: WsClient,
  to: WsClient,
  { withinMs = 15_000 }: { withinMs?: number } = {},
): Promise<void> {
  const data = crypto.randomUUID();
  const send = () => from.send({ type: "signal", to: to.id, data });
  send();
  const sending = setInterval(send, AGAIN_MS);
  try {
    await to.next("signal", { where: (frame) => frame.data === data, timeoutMs: withinMs });
  } finally {
    clearInterval(sending);
  }
}
