/**
 * The SDK as any page uses it: the module that the service serves at `/client.js`, loaded at run time
 * and no part of this bundle.
 *
 * @module
 */
import type { Call, JoinOptions } from "../api.ts";

/** What the demo uses of `/client.js`. */
export interface Sdk {
  joinCall(options: JoinOptions): Promise<Call>;
}

const address: string = "/client.js";

/** Loads the SDK; the browser keeps it, so a second call costs nothing. */
export function loadSdk(): Promise<Sdk> {
  return import(address);
}
