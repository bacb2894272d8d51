import { freePort } from "../../tools/redis/server.ts";
import { ensure, JANUS } from "../../tools/test/requirements.ts";
import { randomSessionId } from "../../lib/sfu/janus/ids.ts";
import { credentialsOf } from "../../lib/sfu/janus/credentials.ts";
import { connect } from "../../lib/sfu/janus/connection.ts";
import { type JanusUrl, parseSfuUrls } from "../../lib/sfu/url.ts";
import { type ServerProcess, startServer } from "./server_process.ts";

export interface JanusOptions {
  /** `api_secret`; by default there is none. */
  secret?: string;
  /** `token_auth_secret`, by which tokens are wanted; by default none are. */
  tokenSecret?: string;
  adminSecret?: string;
  /** The VideoRoom's `admin_key`; by default "key". */
  adminKey?: string;
  /** Whether names are strings; by default they are. */
  stringIds?: boolean;
  /** In s; by default 60 and 30. */
  sessionTimeout?: number;
  reclaimSessionTimeout?: number;
  /** Whether candidates come one by one instead of within descriptions; by default they do. */
  fullTrickle?: boolean;
  /** The network interface for media; by default the first that is not the loopback. */
  interface?: string;
  /** UDP ports for media, `first-last`. */
  ports?: string;
  /** Where else it runs than in the test's own network. */
  place?: JanusPlace;
}

/** A network that the test is not in. */
export interface JanusPlace {
  /** What a command line follows to run there. */
  within: readonly string[];
  /** Where it listens. */
  address: string;
  port: number;
  adminPort: number;
  /** Where the test reaches what is at a URL there. */
  reach(url: string): string;
}

export interface JanusServer extends ServerProcess {
  /** `ws://127.0.0.1:...`, or at the address of its place, the same for all its life; and of its admin API. */
  readonly url: string;
  readonly adminUrl: string;
  /** An item of SFU_URLS for it; `parameters` are added. */
  sfuUrl(parameters?: Record<string, string>): string;
  /** Ids of all sessions, nodes' own and participants'. */
  sessions(): Promise<number[]>;
  /** Names of all rooms, and who is in them. */
  rooms(): Promise<Record<string, number>>;
}

const PLUGINS = [
  ...["audiobridge", "duktape", "echotest", "lua", "nosip", "recordplay", "sip", "streaming"],
  ...["textroom", "videocall", "voicemail"],
];
const TRANSPORTS = ["http", "mqtt", "nanomsg", "pfunix", "rabbitmq"];
const ASK = { doing: "ask Janus", timeoutMs: 5_000 };

/** Starts a Janus of a test's own on free ports of 127.0.0.1. `await using` ends it and removes what it wrote. */
export async function startJanus(options: JanusOptions = {}): Promise<JanusServer> {
  const { adminKey = "key", adminSecret = "admin secret", secret, tokenSecret } = options;
  const { place } = options;
  const address = place?.address ?? "127.0.0.1";
  const [port, adminPort] = place ? [place.port, place.adminPort] : [freePort(), freePort()];
  const folder = await Deno.makeTempDir({ prefix: "janus-" });
  await using cleanUp = new AsyncDisposableStack();
  cleanUp.defer(() => Deno.remove(folder, { recursive: true }));
  for (const [name, text] of Object.entries(files(folder, { address, port, adminPort }, options))) {
    await Deno.writeTextFile(`${folder}/${name}`, text);
  }
  const janus = await ensure(JANUS);
  const [program = janus, ...before] = [...place?.within ?? [], janus];
  const server = cleanUp.use(
    await startServer({
      name: "Janus",
      program,
      args: [...before, "-C", `${folder}/janus.jcfg`, "-F", folder, "-o"],
      ready: /WebSockets thread started/,
      limitMs: 10_000,
    }),
  );
  const all = cleanUp.move();
  const [url, adminUrl] = [`ws://${address}:${port}`, `ws://${address}:${adminPort}`];

  async function ask(protocol: "janus-protocol" | "janus-admin-protocol") {
    const admin = protocol === "janus-admin-protocol";
    const there = admin ? adminUrl : url;
    return await connect(place?.reach(there) ?? there, {
      protocol,
      timeoutMs: ASK.timeoutMs,
      signal: new AbortController().signal,
      credentials: () =>
        admin ? { admin_secret: adminSecret } : credentialsOf({ secret, tokenSecret }, Date.now()),
      event: () => {},
    });
  }

  return {
    ...server,
    url,
    adminUrl,
    sfuUrl(parameters = {}) {
      const given = {
        adminKey,
        ...secret !== undefined && { secret },
        ...tokenSecret !== undefined && { tokenSecret },
        ...parameters,
      };
      return `janus+${url}/?${new URLSearchParams(given)}`;
    },
    async sessions() {
      const connection = await ask("janus-admin-protocol");
      const answer = await connection.ask({ janus: "list_sessions" }, ASK);
      connection.close();
      return answer.janus === "success" ? answer.sessions ?? [] : [];
    },
    async rooms() {
      const connection = await ask("janus-protocol");
      const id = randomSessionId("control");
      await connection.ask({ janus: "create", id }, ASK);
      const attach = { janus: "attach", session_id: id, plugin: "janus.plugin.videoroom" };
      const attached = await connection.ask(attach, ASK);
      const handle = attached.janus === "success" ? attached.data?.id : undefined;
      const body = { request: "list", admin_key: adminKey };
      const to = { session_id: id, handle_id: handle };
      const answer = await connection.ask({ janus: "message", ...to, body }, ASK);
      await connection.ask({ janus: "destroy", session_id: id }, ASK);
      connection.close();
      const list = answer.janus === "success" ? answer.plugindata?.data.list ?? [] : [];
      return Object.fromEntries(list.map((room) => [room.room, room.num_participants]));
    },
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}

/** This Janus as an adapter takes it, from an item of SFU_URLS. */
export function janusUrl(
  janus: JanusServer,
  { admin = false, ...parameters }: { admin?: boolean } & Record<string, string | boolean> = {},
): JanusUrl {
  const text = janus.sfuUrl({
    ...admin && { admin: janus.adminUrl, adminSecret: "admin secret" },
    ...parameters as Record<string, string>,
  });
  const [url] = parseSfuUrls(text, { region: "eu", embeddedId: "embedded" });
  if (url?.kind === "janus") return url;
  throw new Error(`Cannot use ${text}: expected it to be understood as a Janus`);
}

function files(
  folder: string,
  { address, port, adminPort }: { address: string; port: number; adminPort: number },
  options: JanusOptions,
): Record<string, string> {
  const { adminKey = "key", adminSecret = "admin secret", secret, tokenSecret } = options;
  const without = (names: string[]) => names.map((name) => `libjanus_${name}.so`).join(",");
  return {
    "janus.jcfg": `general: {
  configs_folder = "${folder}"
  admin_secret = "${adminSecret}"
  ${secret === undefined ? "" : `api_secret = "${secret}"`}
  ${tokenSecret === undefined ? "" : `token_auth = true\n  token_auth_secret = "${tokenSecret}"`}
  session_timeout = ${options.sessionTimeout ?? 60}
  reclaim_session_timeout = ${options.reclaimSessionTimeout ?? 30}
}
media: { rtp_port_range = "${options.ports ?? portRange()}" }
nat: {
  full_trickle = ${options.fullTrickle ?? true}
  ice_enforce_list = "${options.interface ?? interfaceForMedia()}"
}
plugins: { disable = "${without(PLUGINS)}" }
transports: { disable = "${without(TRANSPORTS)}" }
loggers: { disable = "libjanus_jsonlog.so" }
`,
    "janus.plugin.videoroom.jcfg": `general: {
  admin_key = "${adminKey}"
  string_ids = ${options.stringIds ?? true}
}
`,
    "janus.transport.websockets.jcfg": `general: {
  json = "compact"
  ws = true
  ws_ip = "${address}"
  ws_port = ${port}
}
admin: {
  admin_ws = true
  admin_ws_ip = "${address}"
  admin_ws_port = ${adminPort}
}
`,
  };
}

/** Janus offers no candidates of the loopback interface. @throws {Error} where there is nothing else. */
export function interfaceForMedia(): string {
  const found = Deno.networkInterfaces().find(({ address, family }) =>
    family === "IPv4" && !address.startsWith("127.")
  );
  if (found) return found.name;
  throw new Error(
    "Cannot start Janus: there is no network interface but the loopback; expected one with an IPv4 address",
  );
}

/** A range that hardly any two servers share, below those that systems give out. */
function portRange(): string {
  const from = 20_000 + Math.floor(Math.random() * 20) * 500;
  return `${from}-${from + 499}`;
}
