import { assertEquals } from "@std/assert";
import type { Api } from "./api.ts";

/** Has a room's owner set its topology. */
export async function forceTopology(
  api: Api,
  room: string,
  mode: "mesh" | "sfu" | "auto",
): Promise<void> {
  const { status, body } = await api.call("POST", `/v1/rooms/${room}/topology`, { body: { mode } });
  assertEquals(status, 200, JSON.stringify(body));
}
