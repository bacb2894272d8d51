/**
 * What a person who plays with a lab can type.
 *
 * @module
 */
import type { Host } from "../host.ts";
import type { Lab } from "../lab.ts";
import { parseChanges } from "../wire/impairment.ts";
import type { Visitors } from "./visitors.ts";

export const HELP = `  ada                           where a host is, and how its links are
  ada uplink rate=500 loss=2    change the link of a host: uplink, downlink, or link for both
                                delay, jitter, limit in ms; loss, reorder in percent; rate in kbit/s; 0: none
  ada move mobile               to another of its networks; "ada leave": to none
  ada cut, ada restore          lose everything, and no more
  ada counters                  what has gone over its link
  ada join standup              a browser in there joins this room of the demo, or "lab"; "ada quit": leaves it
  ada paths                     which way the media of that call goes
  ada call                      what the call is for ada: its topology, how much is sent, and how each other one comes through
  turn stop, turn start         the TURN and STUN server; likewise: janus, node (the service)
  status, help, quit`;

/** A node that takes longer than this is as good as away. */
const ANSWER_MS = 2_000;

/** A person's lab. */
export interface Played {
  readonly lab: Lab;
  readonly visitors: Visitors;
  /** Shows something at once, before what takes long is done. */
  say(text: string): void;
}

/** A server that can be away. */
interface Server {
  kill(): Promise<void>;
  start(): Promise<void>;
}

/** Does what a line says, and returns what is to be shown. @throws {Error} with what was expected. */
export async function obey(played: Played, line: string): Promise<string> {
  const { lab } = played;
  const [subject = "", verb = "", ...rest] = line.trim().split(/\s+/);
  if (subject === "") return "";
  if (subject === "help") return HELP;
  if (subject === "status") return await status(lab);
  const servers: Record<string, Server | undefined> = {
    turn: lab.turn,
    janus: lab.janus,
    node: lab.nodes[0],
  };
  if (Object.hasOwn(servers, subject)) return await switched(servers[subject], subject, verb);
  const host = lab.hosts.get(subject);
  if (host === undefined) {
    const names = [...lab.hosts.keys()].join(", ");
    throw new Error(`there is no "${subject}"; expected a host (${names}), or "help"`);
  }
  return await obeyFor(played, host, [verb, rest.join(" ")]);
}

async function obeyFor(
  { visitors, say }: Played,
  host: Host,
  [verb, rest]: [string, string],
): Promise<string> {
  switch (verb) {
    case "":
      return describe(host);
    case "uplink":
    case "downlink":
    case "link":
      await host[verb](parseChanges(rest));
      return describe(host);
    case "move":
      await host.move(rest);
      return describe(host);
    case "leave":
    case "cut":
    case "restore":
      await host[verb]();
      return describe(host);
    case "counters":
      return Object.entries(await host.counters()).map(([direction, counters]) =>
        `  ${direction}: ${Object.entries(counters).map((pair) => pair.join(" ")).join(", ")}`
      ).join("\n");
    case "join":
      say(`  starting a browser in ${host.name}, which takes some seconds`);
      await visitors.join(host, rest || "lab");
      return `  ${host.name} is in the room "${rest || "lab"}"`;
    case "quit":
      await visitors.leave(host);
      return `  ${host.name} is in no call`;
    case "paths":
      return (await visitors.look(host)).map((line) => `  ${line}`).join("\n");
    case "call":
      return (await visitors.ask(host)).map((line) => `  ${line}`).join("\n");
    default:
      throw new Error(`"${verb}" is nothing that a host does; "help" tells what it does`);
  }
}

async function switched(
  server: Server | undefined,
  name: string,
  verb: string,
): Promise<string> {
  if (server === undefined) throw new Error(`there is no ${name} in this lab`);
  if (verb !== "stop" && verb !== "start") {
    throw new Error(`got "${name} ${verb}"; expected ${name} stop or ${name} start`);
  }
  // Away already or not: a start begins with nothing.
  await server.kill();
  if (verb === "start") await server.start();
  return `  ${name} ${verb === "start" ? "runs" : "is away"}`;
}

function describe(host: Host): string {
  const where = host.network === undefined
    ? "in no network"
    : `in ${host.network} (${host.nat}), ${host.address}`;
  const others = [...host.routers.keys()].filter((name) => name !== host.network);
  const also = others.length === 0 ? "" : `; can move to ${others.join(", ")}`;
  const links = Object.entries(host.links).map(([direction, changes]) =>
    `\n    ${direction}: ${
      Object.entries(changes).map((pair) => pair.join("=")).join(" ") || "clear"
    }`
  );
  return `  ${host.name} is ${where}${also}${host.isCut ? "; cut off" : ""}${links.join("")}`;
}

/** All hosts, and where they are. */
export async function status(lab: Lab): Promise<string> {
  const signal = AbortSignal.timeout(ANSWER_MS);
  const up = await fetch(`${lab.nodes[0]!.url}/healthz`, { signal }).then(async (answer) => {
    await answer.body?.cancel();
    return answer.ok;
  }, () => false);
  const hosts = [...lab.hosts.values()].map(describe);
  return [...hosts, `  the service ${up ? "runs" : "is away"}`].join("\n");
}
