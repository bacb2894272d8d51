/**
 * The service under measurement, and its back end's side of the REST API.
 *
 * @module
 */
import { Tokens } from "../../../lib/auth.ts";
import { Permissions } from "../../../lib/protocol.ts";
import { type Service, startService } from "../../helpers/service.ts";

const TENANT = "bench";
const SECRET = "bench-secret";
const TOKEN_SECRET = crypto.randomUUID() + crypto.randomUUID();
const TOKEN_LIFE_MS = 3_600_000;

/** Environment of a node that {@linkcode provision} may ask for rooms and tokens. */
export const BENCH_KEYS = { API_KEYS: `${TENANT}:${SECRET}` };

/** Environment of a node that lets the bench join, ask and send as often as it likes. */
export const UNLIMITED = {
  FRAME_RATE: "1000000",
  FRAME_BURST: "1000000",
  JOIN_RATE: "1000000",
  JOIN_BURST: "1000000",
  REST_RATE: "1000000",
  REST_BURST: "1000000",
};

/** Starts one node as an operator does, with state in memory. `flags`: of its Deno. */
export function startNode(
  env: Record<string, string> = {},
  flags: readonly string[] = [],
): Promise<Service> {
  return startService({
    args: [],
    flags,
    env: {
      ...BENCH_KEYS,
      TOKEN_SECRET,
      ...env,
    },
  });
}

interface Wanted {
  readonly rooms: number;
  readonly perRoom: number;
  /** What else is asked for with each room. */
  readonly settings?: Readonly<Record<string, unknown>>;
}

/** Makes rooms, and tokens for `perRoom` people in each; those of one room follow each other. */
export function provision(node: Pick<Service, "url">, wanted: Wanted): Promise<string[]> {
  return inRooms(node, wanted, async (room, identity) => {
    const { token } = await post(`${node.url}/v1/rooms/${room}/tokens`, { identity });
    return token!;
  });
}

/** As {@linkcode provision}, but signs the tokens here: the node is spared that work, and what it leaves in memory. */
export function provisionRooms(node: Pick<Service, "url">, wanted: Wanted): Promise<string[]> {
  const tokens = new Tokens(TOKEN_SECRET);
  const expiresAt = Date.now() + TOKEN_LIFE_MS;
  return inRooms(node, wanted, (id, identity) =>
    tokens.sign({
      room: { tenant: TENANT, id },
      identity,
      permissions: Permissions.parse({}),
      expiresAt,
    }));
}

async function inRooms(
  { url }: Pick<Service, "url">,
  { rooms, perRoom, settings }: Wanted,
  token: (room: string, identity: string) => string | Promise<string>,
): Promise<string[]> {
  const tokens = await inParallel(rooms, async () => {
    const { id } = await post(`${url}/v1/rooms`, { emptyTimeoutSeconds: 3_600, ...settings });
    const own: string[] = [];
    for (let i = 0; i < perRoom; i++) own.push(await token(id!, `user-${i}`));
    return own;
  });
  return tokens.flat();
}

async function post(url: string, body: unknown): Promise<Record<string, string>> {
  const response = await fetch(url, {
    method: "POST",
    headers: { authorization: `Bearer ${SECRET}`, "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  const text = await response.text();
  if (response.status >= 300) {
    throw new Error(`Cannot POST ${url}: got ${response.status} ${text}; expected 200 or 201`);
  }
  return JSON.parse(text);
}

const AT_ONCE = 8;

async function inParallel<T>(count: number, work: () => Promise<T>): Promise<T[]> {
  const results: T[] = [];
  let left = count;
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      while (left-- > 0) results.push(await work());
    }),
  );
  return results;
}
