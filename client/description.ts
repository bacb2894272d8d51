/**
 * Whether a description of a far end promises that media is encrypted, and between the two ends only. Pure.
 *
 * @module
 */

/** DTLS-SRTP (RFC 5764) for media, DTLS for data (RFC 8841). */
const PROTOCOL = /^UDP\/(TLS\/RTP\/SAVPF?|DTLS\/SCTP)$/;

/** The certificate that the far end will show, by a hash that nobody can forge (RFC 8122). */
const FINGERPRINT = /^a=fingerprint:sha-(256|384|512) [\da-f]{2}(:[\da-f]{2}){31,63}$/i;

/** What is wrong with `sdp`; `undefined`: nothing, or it is a text that the browser takes for no description either. */
export function insecurity(sdp: unknown): string | undefined {
  // A browser would make a text of it, which nobody has looked at.
  if (typeof sdp !== "string") return "no text";
  const [session, ...sections] = sdp.split(/^m=/m);
  // Keys that the signaling would see (RFC 4568).
  if (/^a=crypto/im.test(sdp)) return "keys in the clear";
  for (const section of sections) {
    const [, port, protocol = ""] = section.split(/\s/);
    if (port === "0" && !/^a=bundle-only/m.test(section)) continue;
    if (!PROTOCOL.test(protocol)) return `${protocol} in place of DTLS`;
    const prints = (session + section).match(/^a=fingerprint.*/gim) ?? [];
    if (prints.length === 0 || !prints.every((print) => FINGERPRINT.test(print))) {
      return "no DTLS fingerprint by SHA-256 or better";
    }
  }
}
