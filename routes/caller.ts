import type { Context } from "hono";
import { clientAddress } from "../lib/client_address.ts";

/**
 * What `app.fetch(request, info)` hands on as `c.env`: the `info` of a `Deno.ServeHandler`. Absent in tests that ask
 * the app itself.
 */
export type ServeEnv = Partial<Deno.ServeHandlerInfo>;

/** The address of whoever sent a request. */
export type AddressOf = (c: Context) => string;

/** Finds callers' addresses behind `proxyHops` trusted proxies. */
export function addressBehind(proxyHops: number): AddressOf {
  return (c) => {
    const { remoteAddr }: ServeEnv = c.env ?? {};
    const forwardedFor = c.req.header("x-forwarded-for");
    return clientAddress({ remote: remoteAddr, forwardedFor }, proxyHops);
  };
}
