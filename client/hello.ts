/**
 * What is said first on a socket.
 *
 * @module
 */
import type { ClientFrame } from "../lib/protocol.ts";

type JoinFrame = Extract<ClientFrame, { type: "join" }>;

export interface HelloOptions {
  token: () => string | Promise<string>;
  /** What to say of oneself on entering. */
  present: () => Omit<JoinFrame, "type" | "token">;
}

/** Comes back to a session, or joins with a token. Throws what the token function throws, or if it gives none. */
export async function hello(
  session: string | undefined,
  options: HelloOptions,
): Promise<ClientFrame> {
  if (session !== undefined) return { type: "resume", session, ...options.present() };
  const token: unknown = await options.token();
  if (typeof token !== "string" || token === "") {
    throw new TypeError(`expected a string, not ${token === "" ? "an empty one" : typeof token}`);
  }
  return { type: "join", token, ...options.present() };
}
