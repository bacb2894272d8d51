/**
 * Where the signaling of a service is.
 *
 * @module
 */
import { callError } from "./errors.ts";

/** The address of the signaling socket of a service at `url`. */
export function signalUrl(url: string): string {
  const full = url.endsWith("/") ? url : `${url}/`;
  const base = URL.canParse(full) ? new URL(full) : undefined;
  if (base === undefined || !/^(https?|wss?):$/.test(base.protocol)) {
    throw callError(
      "invalid_argument",
      `Cannot join at url "${url}": expected an address such as https://calls.example.com`,
    );
  }
  base.protocol = base.protocol.replace("http", "ws");
  return new URL("v1/signal", base).href;
}
