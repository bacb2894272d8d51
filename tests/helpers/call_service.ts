import { assertEquals } from "@std/assert";
import { Api } from "./api.ts";
import { type Service, type ServiceOptions, startService } from "./service.ts";
import { WsClient } from "./ws_client.ts";

/** Environment of a production start; every test process may share it, nothing else is secret in it. */
export const PRODUCTION = {
  API_KEYS: "acme:acme-secret,globex:globex-secret",
  TOKEN_SECRET: "a secret of the tests, long enough to be one",
};

/** A running service, its REST and its sockets. */
export interface CallService extends AsyncDisposable {
  service: Service;
  api: Api;
  /** Makes a room, with an id of its own. */
  room(settings?: Parameters<Api["makeRoom"]>[0]): Promise<string>;
  /** Joins with a token of its own; `more` is what the token says beyond the identity. */
  join(room: string, identity: string, more?: Parameters<Api["makeToken"]>[2]): Promise<WsClient>;
  open(): Promise<WsClient>;
  resume(session: string): Promise<WsClient>;
  [Symbol.asyncDispose](): Promise<void>;
}

export async function callService(options: ServiceOptions = {}): Promise<CallService> {
  const service = await startService({ ...options, env: { ...PRODUCTION, ...options.env } });
  const api = Api.over(service.url, "acme-secret");
  return {
    service,
    api,
    room: async (settings) => (await api.makeRoom(settings)).id,
    join: async (room, identity, more) =>
      WsClient.join(service.wsUrl, await api.makeToken(room, identity, more)),
    open: () => WsClient.open(service.wsUrl),
    resume: (session) => WsClient.resume(service.wsUrl, session),
    async [Symbol.asyncDispose]() {
      await service.stop();
    },
  };
}

/** Two who are in a call of their own while others misbehave. */
export class Pair implements AsyncDisposable {
  #round = 0;
  private constructor(readonly ada: WsClient, readonly bob: WsClient) {}

  static async of(calls: CallService): Promise<Pair> {
    const room = await calls.room();
    return new Pair(await calls.join(room, "ada"), await calls.join(room, "bob"));
  }

  /** Signals both ways: nothing that happened has harmed them. */
  async stillSignals(): Promise<void> {
    const data = { round: ++this.#round };
    this.ada.send({ type: "signal", to: this.bob.id, data });
    assertEquals((await this.bob.next("signal")).data, data);
    this.bob.send({ type: "signal", to: this.ada.id, data });
    assertEquals((await this.ada.next("signal")).data, data);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.ada[Symbol.asyncDispose](), this.bob[Symbol.asyncDispose]()]);
  }
}
