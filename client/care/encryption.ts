/**
 * Whether what a connection carries is encrypted from one of its ends to the other, by its own figures. Pure.
 *
 * @module
 */
type Entry = Record<string, unknown>;

export type Encryption =
  /** By this SRTP cipher, with a key that was agreed on with the very certificate that the far end's description names. */
  | { readonly tag: "verified"; readonly cipher: string }
  /** The browser does not say, or not yet. */
  | { readonly tag: "unknown" }
  /** It is not what the description promised. */
  | { readonly tag: "broken" };

/** What `entries` of webrtc-stats §8 say; `description`: the far end's. */
export function encryptionOf(
  entries: Iterable<Entry>,
  description: string | undefined,
): Encryption {
  const all = [...entries];
  const transport = all.find(({ type }) => type === "transport");
  const certificate = all.find(({ id }) => id === transport?.remoteCertificateId);
  if (transport?.dtlsState !== "connected" || !certificate || !description) return UNKNOWN;
  const print = `a=fingerprint:${certificate.fingerprintAlgorithm} `.toLowerCase();
  const sdp = description.toLowerCase();
  // A certificate has as many fingerprints as there are hashes.
  if (!sdp.includes(print)) return UNKNOWN;
  const isTheirs = sdp.includes(print + String(certificate.fingerprint).toLowerCase());
  if (!isTheirs) return { tag: "broken" };
  const { srtpCipher } = transport;
  return typeof srtpCipher === "string" ? { tag: "verified", cipher: srtpCipher } : UNKNOWN;
}

const UNKNOWN: Encryption = { tag: "unknown" };
