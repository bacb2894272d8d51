/**
 * Other signaling servers, as their documentation says to run them in production: each on Node, with the native add-ons
 * that `ws`, which all of them are built on, recommends, and without compression, which all of them have off by default.
 *
 * @module
 */
import { find, type Requirement } from "../../../tools/test/requirements.ts";
import { type ServerProcess, startServer } from "../../helpers/server_process.ts";
import type { DialectName } from "../load/dialects.ts";

export interface Peer {
  /** For people. */
  readonly name: string;
  /** How it is run and spoken to, for people. */
  readonly how: string;
  readonly dialect: DialectName;
  /** Set where its own client does not speak to it so: it is to compare, and never the best. */
  readonly compared?: true;
  /** Arguments of Node, in this folder. */
  args(port: number): string[];
  env?(port: number): Record<string, string>;
  readonly ready: RegExp;
}

const PATH = "/";

const PEERJS: Peer = {
  name: "PeerJS server",
  how: "`peerjs --port`, its defaults but for the port; OFFER messages, heartbeats every 5 s",
  dialect: "peerjs",
  args: (port) => ["node_modules/peer/dist/bin/peerjs.js", "--port", `${port}`, "--path", PATH],
  ready: /Started PeerServer/,
};

const SOCKET_IO: Peer = {
  name: "Socket.IO",
  how:
    "WebSocket only, its defaults; `socket.to(room).emit()`, as in its guide to private messages",
  dialect: "socket.io",
  args: (port) => ["socket_io_server.cjs", `${port}`],
  ready: /^listening$/,
};

const Y_WEBRTC: Peer = {
  name: "y-webrtc",
  how: "`bin/server.js`; a topic of two, as its client has it: both get what is published",
  dialect: "y-webrtc",
  args: () => ["node_modules/y-webrtc/bin/server.js"],
  env: (port) => ({ PORT: `${port}` }),
  ready: /Signaling server running/,
};

const Y_WEBRTC_SINGLE: Peer = {
  ...Y_WEBRTC,
  name: "y-webrtc, a topic each",
  how:
    "`bin/server.js`; a topic for each receiver, which its client does not do: the least it can have to do",
  dialect: "y-webrtc 1",
  compared: true,
};

export const PEERS: readonly Peer[] = [PEERJS, SOCKET_IO, Y_WEBRTC, Y_WEBRTC_SINGLE];

const NODE: Requirement = {
  name: "Node.js",
  variable: "NODE",
  commands: ["node"],
  packages: ["nodejs"],
  otherwise: "install Node.js 20 or newer",
};
const NPM: Requirement = {
  name: "npm",
  variable: "NPM",
  commands: ["npm"],
  packages: ["npm"],
  otherwise: "install npm",
};
const FOLDER = new URL("./", import.meta.url).pathname;
const START_LIMIT_MS = 60_000;

/** What is missing here to run the peers, in one line, having installed what npm has of it; undefined if nothing is. */
export async function missingForPeers(): Promise<string | undefined> {
  if (await find(NODE) === undefined) return `there is no Node.js: ${NODE.otherwise}`;
  if (await installed()) return undefined;
  const npm = await find(NPM);
  if (npm === undefined) return "the peers are not installed, and there is no npm to do it";
  const { success, stderr } = await new Deno.Command(npm, {
    args: ["ci", "--no-audit", "--no-fund"],
    cwd: FOLDER,
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).output();
  if (success) return undefined;
  const [first] = new TextDecoder().decode(stderr).split("\n").filter((line) => /error/.test(line));
  return `\`npm ci\` failed in tests/bench/peers: ${first ?? "no error was printed"}`;
}

/** npm leaves a copy of what it has installed. */
async function installed(): Promise<boolean> {
  const pins = await dependencies("package-lock.json");
  const present = await dependencies("node_modules/.package-lock.json");
  return present !== undefined && pins !== undefined &&
    Object.keys(pins).every((path) => path === "" || pins[path] === present[path]);
}

/** The version of each package in a lock file, by its path; undefined if there is no such file. */
async function dependencies(file: string): Promise<Record<string, string> | undefined> {
  try {
    const { packages } = JSON.parse(await Deno.readTextFile(FOLDER + file));
    const all = Object.entries<{ version: string }>(packages);
    return Object.fromEntries(all.map(([path, { version }]) => [path, version]));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

export interface RunningPeer extends AsyncDisposable {
  readonly pid: number;
  /** WebSocket URL, without a path. */
  readonly url: string;
}

/** Starts it; `await using` ends it. @throws {Error} when it does not start. */
export async function startPeer(peer: Peer): Promise<RunningPeer> {
  const port = freePort();
  const server: ServerProcess = await startServer({
    name: peer.name,
    program: (await find(NODE))!,
    args: peer.args(port),
    cwd: FOLDER,
    env: { NODE_ENV: "production", ...peer.env?.(port) },
    ready: peer.ready,
    limitMs: START_LIMIT_MS,
  });
  return {
    pid: server.pid,
    url: `ws://127.0.0.1:${port}`,
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

/** One that is free now: not all of them tell which one they have taken. */
function freePort(): number {
  using listener = Deno.listen({ port: 0, hostname: "127.0.0.1" });
  return (listener.addr as Deno.NetAddr).port;
}

/** Versions, for people: `peer 1.0.2, ...`, and of Node. */
export async function versions(): Promise<string> {
  const { dependencies } = JSON.parse(await Deno.readTextFile(`${FOLDER}package.json`));
  const { stdout } = await new Deno.Command((await find(NODE))!, { args: ["--version"] }).output();
  const all = Object.entries(dependencies).map(([name, version]) => `${name} ${version}`);
  return [...all, `Node ${new TextDecoder().decode(stdout).trim().slice(1)}`].join(", ");
}
