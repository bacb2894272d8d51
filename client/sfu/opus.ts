/**
 * What lossy links need of Opus (RFC 7587 §6.1), asked for in an SDP. Pure.
 *
 * @module
 */

/**
 * Has the other side of `sdp` send with in-band error correction, and in its first section of audio, the microphone,
 * almost nothing during silence.
 */
export function withOpusSettings(sdp: string): string {
  const [session, ...sections] = sdp.split(/(?=^m=)/m);
  const microphone = sections.findIndex((section) => section.startsWith("m=audio"));
  return [
    session,
    ...sections.map((section, index) =>
      withParameters(
        section,
        index === microphone ? ["useinbandfec=1", "usedtx=1"] : ["useinbandfec=1"],
      )
    ),
  ].join("");
}

function withParameters(section: string, parameters: string[]): string {
  const map = /^a=rtpmap:(\d+) opus\/48000.*$/im.exec(section);
  if (map === null) return section;
  const format = new RegExp(`^a=fmtp:${map[1]} ([^\r\n]*)`, "m");
  const known = format.exec(section)?.[1]?.split(/; */) ?? [];
  const names = parameters.map((parameter) => parameter.split("=")[0]);
  const kept = known.filter((entry) => !names.includes(entry.split("=")[0]));
  const line = `a=fmtp:${map[1]} ${[...kept, ...parameters].join(";")}`;
  return known.length > 0
    ? section.replace(format, line)
    : section.replace(map[0], `${map[0].trimEnd()}\r\n${line}`);
}
