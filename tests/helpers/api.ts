/**
 * The REST contract as a back end uses it: over HTTP, or straight into the app.
 *
 * @module
 */
import type { z } from "zod";
import type { Problem } from "../../routes/problem.ts";
import type { NewRoom, NewToken, Participant, Room, RoomPage } from "../../routes/schemas.ts";

/** Sends a request to a path of the service. */
export type Send = (path: string, init: RequestInit) => Response | Promise<Response>;

type Json<T extends z.ZodType> = z.output<T>;

/** An answer whose body was read: what JSON said, or the text. */
export interface Answer<T = unknown> {
  status: number;
  headers: Headers;
  body: T;
}

export interface CallOptions {
  /** Sent as JSON; a string as it is. */
  body?: unknown;
  headers?: Record<string, string>;
}

export class Api {
  constructor(readonly send: Send, readonly secret: string) {}

  /** Of a running service. */
  static over(url: string, secret = "dev-secret"): Api {
    return new Api((path, init) => fetch(url + path, init), secret);
  }

  /** The same service, asked by another tenant. */
  as(secret: string): Api {
    return new Api(this.send, secret);
  }

  async call<T = unknown>(
    method: string,
    path: string,
    { body, headers = {} }: CallOptions = {},
  ): Promise<Answer<T>> {
    const text = body === undefined || typeof body === "string" ? body : JSON.stringify(body);
    const response = await this.send(path, {
      method,
      body: text,
      headers: {
        authorization: `Bearer ${this.secret}`,
        // What an HTTP client adds by itself, for an app that is asked without one.
        ...(text ? { "content-type": "application/json", ...lengthOf(text) } : {}),
        ...headers,
      },
      redirect: "manual",
    });
    const answer = await response.text();
    const isJson = response.headers.get("content-type")?.includes("json");
    return {
      status: response.status,
      headers: response.headers,
      body: isJson ? JSON.parse(answer) : answer,
    };
  }

  /** A request that is to be refused: status and code at a glance, the whole in `body`. */
  problem(
    method: string,
    path: string,
    options?: CallOptions,
  ): Promise<Answer<Json<typeof Problem>>> {
    return this.call(method, path, options);
  }

  /** Makes a room. */
  async makeRoom(room: Partial<z.input<typeof NewRoom>> = {}): Promise<Json<typeof Room>> {
    return await this.#good("POST", "/v1/rooms", 201, room);
  }

  async listRooms(query = ""): Promise<Json<typeof RoomPage>> {
    return await this.#good("GET", `/v1/rooms${query}`, 200);
  }

  async listParticipants(room: string): Promise<Json<typeof Participant>[]> {
    const path = `/v1/rooms/${room}/participants`;
    const { participants } = await this.#good<{ participants: Json<typeof Participant>[] }>(
      "GET",
      path,
      200,
    );
    return participants;
  }

  /** Identities of those who are in the room. */
  async whoIsIn(room: string): Promise<string[]> {
    return (await this.listParticipants(room)).map(({ identity }) => identity).sort();
  }

  /** Removes a participant; without one, ends the room. */
  async remove(room: string, participant?: string): Promise<void> {
    const path = participant === undefined ? "" : `/participants/${participant}`;
    await this.#good("DELETE", `/v1/rooms/${room}${path}`, 204);
  }

  /** Makes a token. */
  async makeToken(
    room: string,
    identity: string,
    more: Partial<z.input<typeof NewToken>> = {},
  ): Promise<string> {
    const path = `/v1/rooms/${room}/tokens`;
    const { token } = await this.#good<{ token: string }>("POST", path, 201, { identity, ...more });
    return token;
  }

  async #good<T>(method: string, path: string, status: number, body?: unknown): Promise<T> {
    const answer = await this.call<T>(method, path, { body });
    if (answer.status === status) return answer.body;
    throw new Error(
      `Cannot ${method} ${path}: ${answer.status} ${
        JSON.stringify(answer.body)
      }; expected ${status}`,
    );
  }
}

function lengthOf(text: string): Record<string, string> {
  return { "content-length": String(new TextEncoder().encode(text).length) };
}
