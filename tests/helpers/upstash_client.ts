/** The real client of Upstash, as plain as it gets. */
import { Redis, type RedisConfigNodejs } from "@upstash/redis";

/** A client that sends each command once, and gives what Redis gave: no JSON is read into strings. */
export function upstashClient(
  { url, token }: { url: string; token: string },
  options: Partial<RedisConfigNodejs> = {},
): Redis {
  return new Redis({
    url,
    token,
    automaticDeserialization: false,
    enableTelemetry: false,
    retry: { retries: 0 },
    ...options,
  });
}
