/**
 * The SFUs that are measured.
 *
 * @module
 */
import { type JanusServer, startJanus } from "../../helpers/janus_server.ts";
import type { Ports } from "../call/udp_block.ts";

/** A kind of SFU. */
export interface SfuKind {
  /** For people, and in the names of files. */
  readonly name: string;
  /** Starts one, for an item of SFU_URLS. */
  start(): Promise<{ readonly url: string } & AsyncDisposable>;
}

/** In the service's own process. */
export const EMBEDDED: SfuKind = {
  name: "embedded",
  start: () =>
    Promise.resolve({ url: "embedded:", [Symbol.asyncDispose]: () => Promise.resolve() }),
};

export const JANUS_NODE: SfuKind = {
  name: "Janus",
  start: () => startSfuNode("janus"),
};

/** A Janus that can be made to fail. */
export interface SfuNode
  extends AsyncDisposable, Pick<JanusServer, "kill" | "start" | "pause" | "resume"> {
  readonly id: string;
  readonly url: string;
  readonly rtpPorts: Ports;
}

/** How many Janus at once are told apart by their ports. */
const PORTS = { first: 30_000, each: 200 };
let started = 0;

export async function startSfuNode(id: string): Promise<SfuNode> {
  const from = PORTS.first + started++ % 10 * PORTS.each;
  const rtpPorts = { from, to: from + PORTS.each - 1 };
  const janus = await startJanus({ ports: `${rtpPorts.from}-${rtpPorts.to}` });
  return {
    id,
    url: janus.sfuUrl({ id }),
    rtpPorts,
    kill: () => janus.kill(),
    start: () => janus.start(),
    pause: () => janus.pause(),
    resume: () => janus.resume(),
    [Symbol.asyncDispose]: () => janus[Symbol.asyncDispose](),
  };
}
