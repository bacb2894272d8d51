import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { encryptionOf } from "../../../../client/care/encryption.ts";

const PRINT = Array(32).fill("AB").join(":");
const CIPHER = "SRTP_AES128_CM_HMAC_SHA1_80";
const SDP = `v=0\r\na=fingerprint:sha-256 ${PRINT}\r\n`;

const entries = (transport: object = {}, certificate: object = {}) => [
  { id: "C0", type: "certificate", fingerprintAlgorithm: "sha-256", fingerprint: "00" },
  {
    id: "C1",
    type: "certificate",
    fingerprintAlgorithm: "sha-256",
    fingerprint: PRINT,
    ...certificate,
  },
  {
    id: "T",
    type: "transport",
    dtlsState: "connected",
    srtpCipher: CIPHER,
    localCertificateId: "C0",
    remoteCertificateId: "C1",
    ...transport,
  },
];

describe("the encryption of a connection", () => {
  it("is verified by the certificate that the description names", () => {
    assertEquals(encryptionOf(entries(), SDP), { tag: "verified", cipher: CIPHER });
    assertEquals(encryptionOf(entries(), SDP.toLowerCase()).tag, "verified");
  });

  it("is broken with another certificate", () => {
    assertEquals(encryptionOf(entries({}, { fingerprint: "00" }), SDP).tag, "broken");
  });

  it("is unknown before it stands, and where the browser does not say", () => {
    assertEquals(encryptionOf(entries({ dtlsState: "connecting" }), SDP).tag, "unknown");
    assertEquals(encryptionOf(entries({ remoteCertificateId: undefined }), SDP).tag, "unknown");
    assertEquals(encryptionOf(entries({ srtpCipher: undefined }), SDP).tag, "unknown");
    assertEquals(encryptionOf([], SDP).tag, "unknown");
    assertEquals(encryptionOf(entries(), undefined).tag, "unknown");
  });

  it("is unknown where the description names another hash of the certificate", () => {
    const other = SDP.replace("sha-256", "sha-512");
    assertEquals(encryptionOf(entries(), other).tag, "unknown");
  });
});
