import type { Requester, UpstashRequest, UpstashResponse } from "@upstash/redis";

/** Where a Redis is, by Upstash's REST protocol. */
export interface RedisAddress {
  url: string;
  token: string;
}

/** The longest line: a message with its envelope and channel is far shorter. */
const LINE_LENGTH = 1_048_576;

/**
 * What carries a subscription for a client of @upstash/redis, instead of the client's own. That one does not tell when
 * a stream ends; and it ends a stream by aborting its fetch, which in Deno does nothing any more once the garbage
 * collector has taken the response: each subscription that is given up would stay open.
 */
export class StreamRequester implements Requester {
  /** `ended` is told once of the stream's end, whoever ended it. */
  constructor(readonly address: RedisAddress, readonly ended: (reason: Error) => void) {}

  /** Opens a stream. @throws {Error} (rejects) when the answer is no stream. */
  async request<T>(request: UpstashRequest): Promise<UpstashResponse<T>> {
    const { path = [], headers, onMessage, signal } = request;
    const url = [this.address.url.replace(/\/$/, ""), ...path].join("/");
    const response = await fetch(url, {
      method: "POST",
      headers: { ...headers, authorization: `Bearer ${this.address.token}` },
      signal,
    });
    if (!response.ok || !response.body) {
      const text = await response.text();
      throw new Error(`${response.status} ${text.slice(0, 200)}`);
    }
    const reader = response.body.getReader();
    signal?.addEventListener("abort", () => reader.cancel().catch(() => {/* it had ended */}));
    this.#read(reader, onMessage ?? (() => {}));
    // Unused, but insisted on.
    return { result: 1 as T };
  }

  async #read(
    reader: ReadableStreamDefaultReader<Uint8Array>,
    onMessage: (data: string) => void,
  ): Promise<void> {
    const decoder = new TextDecoder();
    let rest = "";
    try {
      for (let it = await reader.read(); !it.done; it = await reader.read()) {
        const lines = (rest + decoder.decode(it.value, { stream: true })).split("\n");
        rest = lines.pop()!;
        if (rest.length > LINE_LENGTH) throw new Error(`a line is longer than ${LINE_LENGTH}`);
        for (const line of lines) if (line.startsWith("data: ")) onMessage(line.slice(6));
      }
      this.ended(new Error("the stream ended"));
    } catch (error) {
      await reader.cancel().catch(() => {/* it had ended */});
      this.ended(error instanceof Error ? error : new Error(String(error)));
    }
  }
}
