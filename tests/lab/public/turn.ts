import { X509Certificate } from "node:crypto";
import { createHash } from "node:crypto";
import { COTURN, OPENSSL } from "../../../tools/test/requirements.ts";
import { type ServerProcess, startServer } from "../../helpers/server_process.ts";
import { PORTS, PUBLIC } from "../addresses.ts";
import { type Namespace, programOf, run } from "../namespace.ts";

/** How clients talk to the TURN server. */
export type TurnTransport = "udp" | "tcp" | "tls";

/** A coturn that can be killed and started again. `await using` ends it and removes what it wrote. */
export interface TurnServer extends ServerProcess {
  /** For TURN_SECRET. */
  readonly secret: string;
  /** Browsers are to believe its certificate: the value for `--ignore-certificate-errors-spki-list`. */
  readonly spki: string;
}

/** STUN_URLS for both families. */
export const STUN_URLS = [PUBLIC.v4, `[${PUBLIC.v6}]`].map((host) => `stun:${host}:${PORTS.turn}`)
  .join();

/** TURN_URLS for the transports, for both families. */
export function turnUrls(transports: readonly TurnTransport[]): string {
  return [PUBLIC.v4, `[${PUBLIC.v6}]`].flatMap((host) =>
    transports.map((transport) =>
      transport === "tls"
        ? `turns:${host}:${PORTS.turnTls}?transport=tcp`
        : `turn:${host}:${PORTS.turn}?transport=${transport}`
    )
  ).join();
}

export async function startTurn(namespace: Namespace): Promise<TurnServer> {
  const folder = await Deno.makeTempDir({ prefix: "coturn-" });
  await using cleanUp = new AsyncDisposableStack();
  cleanUp.defer(() => Deno.remove(folder, { recursive: true }));
  const secret = crypto.randomUUID();
  const spki = await makeCertificate(folder);
  const [program, ...args] = namespace.within(
    await programOf(COTURN),
    ...["-n", "--no-cli", "--log-file=stdout", "--simple-log", "--verbose", "--realm=lab"],
    ...[`--listening-ip=${PUBLIC.v4}`, `--listening-ip=${PUBLIC.v6}`],
    ...[`--relay-ip=${PUBLIC.v4}`, `--relay-ip=${PUBLIC.v6}`],
    ...[`--listening-port=${PORTS.turn}`, `--tls-listening-port=${PORTS.turnTls}`],
    ...["--use-auth-secret", `--static-auth-secret=${secret}`],
    ...[`--cert=${folder}/cert.pem`, `--pkey=${folder}/key.pem`],
    ...["--min-port=49160", "--max-port=49900"],
    ...[`--pidfile=${folder}/pid`, `--userdb=${folder}/users.db`],
  );
  const server = cleanUp.use(
    await startServer({
      name: "coturn",
      program,
      args,
      ready: /TLS\/TCP listener opened on.*2001:db8::1/i,
      limitMs: 10_000,
    }),
  );
  const all = cleanUp.move();
  return { ...server, secret, spki, [Symbol.asyncDispose]: () => all.disposeAsync() };
}

/** Makes cert.pem and key.pem, for the public addresses and a day. Returns what identifies the key. */
async function makeCertificate(folder: string): Promise<string> {
  const names = `subjectAltName=IP:${PUBLIC.v4},IP:${PUBLIC.v6}`;
  await run(await programOf(OPENSSL), [
    ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"],
    ...["-days", "1", "-subj", "/CN=lab", "-addext", names],
    ...["-keyout", `${folder}/key.pem`, "-out", `${folder}/cert.pem`],
  ]);
  const { publicKey } = new X509Certificate(await Deno.readTextFile(`${folder}/cert.pem`));
  const key = publicKey.export({ type: "spki", format: "der" });
  return createHash("sha256").update(key).digest("base64");
}
