import { assertNever } from "../assert_never.ts";
import type { Bus } from "./mod.ts";
import { BUS_POLICY, type BusPolicy } from "./policy.ts";
import { parseBusUrl } from "./url.ts";

/**
 * The bus of a BUS_URL. Loads only the adapter that it needs, and does not wait for the carrier.
 *
 * @throws {BusUrlError} (rejects) for a URL that cannot be used, in one line and without credentials.
 */
export async function busFromUrl(text: string, policy: BusPolicy = BUS_POLICY): Promise<Bus> {
  const url = parseBusUrl(text);
  switch (url.carrier) {
    case "nats":
      return (await import("./nats.ts")).natsBus(url, policy);
    case "rabbitmq":
      return (await import("./rabbitmq.ts")).rabbitmqBus(url, policy);
    default:
      return assertNever(url.carrier);
  }
}
