/**
 * A call of four on a service with SFUs, whose topology is given from outside.
 *
 * @module
 */
import { Api } from "../../helpers/api.ts";
import { waitFor } from "../../helpers/browser.ts";
import { PRODUCTION } from "../../helpers/call_service.ts";
import { startService } from "../../helpers/service.ts";
import { type HeardCall, startHeardCall } from "./heard_call.ts";
import { pause } from "../system/proc.ts";

const SETTLE_MS = 6_000;
const SWITCH_LIMIT_MS = 20_000;

export type Mode = "mesh" | "sfu";

export interface SfuCall extends AsyncDisposable {
  readonly call: HeardCall;
  /** Moves everyone to another room: to one that has seen nothing fail yet. */
  renew(): Promise<void>;
  /** Asks for a topology; resolves with when it was asked, in ms since 1970. */
  force(mode: Mode): Promise<number>;
  /** Resolves when everyone has been told of it, and shows everyone. @throws {Error} if that takes too long. */
  isIn(mode: Mode): Promise<void>;
  /** Which SFU carries the call, by its id; `undefined` in the mesh. */
  sfu(): Promise<string | undefined>;
  /** Resolves when the service says that so many SFUs can be used. */
  haveSfus(count: number): Promise<void>;
}

/** Starts the service, and the call in the mesh; resolves when it has settled and every voice is known. */
export async function startSfuCall(sfuUrls: readonly string[]): Promise<SfuCall> {
  await using starting = new AsyncDisposableStack();
  const service = starting.use(
    await startService({ args: [], env: { ...PRODUCTION, SFU_URLS: sfuUrls.join(",") } }),
  );
  const api = Api.over(service.url, "acme-secret");
  const newRoom = async () => (await api.makeRoom({ topology: { mode: "mesh" } })).id;
  let room = await newRoom();
  const call = starting.use(await startHeardCall({ url: service.url, api }, room));
  await pause(SETTLE_MS);
  await call.tune();
  const all = starting.move();

  /** What nothing tells of is asked over and over. */
  async function until(what: string, ask: () => Promise<boolean>): Promise<void> {
    const end = Date.now() + SWITCH_LIMIT_MS;
    while (!await ask()) {
      if (Date.now() > end) {
        const logs = service.logs.slice(-20).join("\n");
        throw new Error(
          `Waited ${SWITCH_LIMIT_MS} ms for ${what}; the service said last:\n${logs}`,
        );
      }
      await pause(100);
    }
  }

  return {
    call,
    async renew() {
      room = await newRoom();
      await call.move(room);
    },
    async force(mode) {
      const at = Date.now();
      const { status, body } = await api.call("POST", `/v1/rooms/${room}/topology`, {
        body: { mode },
      });
      if (status !== 200) {
        throw new Error(`Cannot force "${mode}": ${status} ${JSON.stringify(body)}; expected 200`);
      }
      return at;
    },
    async isIn(mode) {
      await Promise.all(call.people.map(async ({ page }) => {
        await waitFor(
          page.page,
          (mode) => bench.call.topology.mode === mode,
          SWITCH_LIMIT_MS,
          mode,
        );
        await page.decodes(call.people.length - 1);
      }));
    },
    async sfu() {
      const { body } = await api.call<{ current: { sfu?: string } }>("GET", `/v1/rooms/${room}`);
      return body.current.sfu;
    },
    haveSfus: (count) =>
      until(`${count} usable SFUs`, async () => {
        const { body } = await api.call<{ sfus: { health: string }[] }>("GET", "/v1/sfus");
        return body.sfus.filter(({ health }) => health === "ok").length >= count;
      }),
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}
