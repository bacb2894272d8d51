/**
 * `deno task lab [host=network:kind,... ...]`: brings a lab up for a person to play with, and takes commands until its
 * input ends.
 *
 * @module
 */
import { find, IPROUTE2, JANUS } from "../../tools/test/requirements.ts";
import { linesOf } from "../helpers/lines.ts";
import { Lab } from "./lab.ts";
import { HELP, obey, status } from "./play/console.ts";
import { DEFAULT_HOSTS, readHosts } from "./play/plan.ts";
import { Visitors } from "./play/visitors.ts";

/** What a person sees who is to type. */
const PROMPT = new TextEncoder().encode("> ");

if (import.meta.main) Deno.exit(await main(Deno.args));

async function main(args: readonly string[]): Promise<number> {
  try {
    await play(args.length > 0 ? args : DEFAULT_HOSTS);
    return 0;
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    return 1;
  }
}

async function play(args: readonly string[]): Promise<void> {
  const hosts = readHosts(args);
  console.log(`Bringing up ${Object.keys(hosts).join(", ")}, which takes some seconds`);
  const sfu = await find(JANUS) === undefined ? "embedded" : "janus";
  await using lab = await Lab.up({ hosts, sfu, env: { DEMO: "on" } });
  await using visitors = new Visitors(lab);
  console.log(await welcome(lab, sfu));
  const input = linesOf(Deno.stdin.readable);
  const told = interrupted();
  while (true) {
    if (Deno.stdin.isTerminal()) await Deno.stdout.write(PROMPT);
    const { value: line, done } = await Promise.race([input.next(), told]);
    if (done || line.trim() === "quit") return;
    try {
      console.log(await obey({ lab, visitors, say: console.log }, line));
    } catch (error) {
      console.log(`  ${lineOf(error)}`);
    }
  }
}

/** What went wrong, without the log that browsers' errors bring along. */
function lineOf(error: unknown): string {
  return String(error instanceof Error ? error.message : error).split("\n")[0]!;
}

/** The end of the input, as the key that ends programs wants it: the lab is to be taken down first. */
function interrupted(): Promise<IteratorReturnResult<undefined>> {
  const { promise, resolve } = Promise.withResolvers<IteratorReturnResult<undefined>>();
  Deno.addSignalListener("SIGINT", () => resolve({ done: true, value: undefined }));
  return promise;
}

/** What a person needs to know. */
async function welcome(lab: Lab, sfu: string): Promise<string> {
  const [node] = lab.nodes;
  const [host] = lab.hosts.values();
  const ip = await find(IPROUTE2) ?? "ip";
  return `
The demo, seen from your own browser:  ${node!.url}/?room=lab
  (All but media: that does not get from this machine's network into the lab. Use browsers in the hosts.)
REST: ${node!.url}, API secret dev-secret. SFU: ${sfu}. TURN: over UDP and TCP.

A browser in a host, with a window; any host's name will do in place of ${host!.name}:
  ${ip} netns exec ${lab.tag}-${host!.name} chromium --no-sandbox --user-data-dir=/tmp/${lab.tag}-${
    host!.name
  } \\
    --use-fake-device-for-media-stream --unsafely-treat-insecure-origin-as-secure=${
    node!.publicUrl()
  } \\
    ${node!.publicUrl()}/?room=lab

${await status(lab)}

${HELP}
`;
}
