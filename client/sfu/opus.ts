/**
 * What lossy links need of Opus (RFC 7587 §6.1), asked for in an SDP. Pure.
 *
 * @module
 */
const WANTED = ["useinbandfec=1", "usedtx=1"];

/** Has the other side of `sdp` send with in-band error correction, and almost nothing during silence. */
export function withOpusSettings(sdp: string): string {
  const opus = [...sdp.matchAll(/^a=rtpmap:(\d+) opus\//gim)].map(([, payload]) => payload);
  return sdp.replace(/^a=fmtp:(\d+) (.*)$/gm, (line, payload: string, given: string) => {
    if (!opus.includes(payload)) return line;
    const kept = given.split(/; */).filter((entry) => !/^use(inbandfec|dtx)=/.test(entry));
    return `a=fmtp:${payload} ${[...kept, ...WANTED].join(";")}`;
  });
}
