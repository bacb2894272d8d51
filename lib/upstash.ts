import { Redis } from "@upstash/redis";

/** Where the shared Redis is, by the REST protocol of Upstash. */
export interface UpstashOptions {
  url: string;
  token: string;
  /** What one request may take, in ms. */
  timeoutMs: number;
}

/** The one client of a process. It repeats nothing by itself: the guard round it decides what is tried. */
export function upstashRedis({ url, token, timeoutMs }: UpstashOptions): Redis {
  return new Redis({
    url,
    token,
    // Not `false`: with that the client still tries twice.
    retry: { retries: 0 },
    automaticDeserialization: false,
    // All that is kept there is text: as base64 it would be written and read twice.
    responseEncoding: false,
    enableAutoPipelining: true,
    enableTelemetry: false,
    latencyLogging: false,
    signal: () => AbortSignal.timeout(timeoutMs),
  });
}
