import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { Buffer } from "node:buffer";
import * as werift from "werift";
import { type Certificate, Dtls, makeCertificate } from "../../../../../lib/sfu/embedded/dtls.ts";
import { type MasterKey, PROFILES } from "../../../../../lib/sfu/embedded/srtp.ts";

type Outcome = { keys: { local: MasterKey; remote: MasterKey } } | { failed: string };

/**
 * A handshake of a client that shows `shown` and has the key of `held`, with a server that expects `expected`.
 * `times`: how often the client sends each of its datagrams.
 */
async function shake(
  { shown, held = shown, expected = shown, times = 1 }: {
    shown: Certificate;
    held?: Certificate;
    expected?: Certificate;
    times?: number;
  },
): Promise<{ outcome: Outcome; client: werift.DtlsClient }> {
  const { promise, resolve } = Promise.withResolvers<Outcome>();
  const wire = {
    type: "udp",
    address: { address: "0.0.0.0", family: "IPv4", port: 0 },
    closed: false,
    onData: (_data: Buffer) => {},
    send: (data: Buffer) => {
      for (let i = 0; i < times; i++) server.datagram(data);
      return Promise.resolve();
    },
    close: () => Promise.resolve(),
  };
  const server: Dtls = new Dtls(werift, await makeCertificate(werift), {
    fingerprints: [{ algorithm: "sha-256", value: expected.fingerprint }],
    events: {
      send: (datagram) => wire.onData(Buffer.from(datagram)),
      connected: (keys) => resolve({ keys }),
      closed: () => resolve({ failed: "closed" }),
      failed: (failed) => resolve({ failed }),
    },
  });
  const client = new werift.DtlsClient({
    cert: shown.cert,
    key: held.key,
    signatureHash: shown.signatureHash,
    transport: wire,
    srtpProfiles: [...PROFILES],
    extendedMasterSecret: true,
  });
  const begun = client.connect();
  const outcome = await promise;
  await begun;
  client.dtls.flight = 99;
  await server.close();
  return { outcome, client };
}

// The client's last flight waits for half a second that nobody can end.
describe("a DTLS handshake", { sanitizeOps: false, sanitizeResources: false }, () => {
  for (const times of [1, 3]) {
    it(`gives both the same keys, where everything comes ${times} times`, async () => {
      const { outcome, client } = await shake({ shown: await makeCertificate(werift), times });
      assert("keys" in outcome, JSON.stringify(outcome));
      const { local, remote } = outcome.keys;
      assertEquals(local.profile, PROFILES[0]);
      const theirs = client.extractSessionKeys(16, 12);
      assertEquals(Uint8Array.from(local.key), Uint8Array.from(theirs.remoteKey));
      assertEquals(Uint8Array.from(remote.salt), Uint8Array.from(theirs.localSalt));
    });
  }

  it("with somebody who has another certificate than was said fails", async () => {
    const shown = await makeCertificate(werift);
    const { outcome } = await shake({ shown, expected: await makeCertificate(werift) });
    assert("failed" in outcome && outcome.failed.includes("another one"), JSON.stringify(outcome));
  });

  it("with somebody who shows a certificate without having its key fails", async () => {
    const shown = await makeCertificate(werift);
    const { outcome } = await shake({ shown, held: await makeCertificate(werift) });
    assert("failed" in outcome && outcome.failed.includes("not proved"), JSON.stringify(outcome));
  });
});
