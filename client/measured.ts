/**
 * When a connection may be asked what it has measured.
 *
 * @module
 */

/**
 * Whether its handshake is over. Asked any sooner, Chromium keeps for good what certificates it knew then, its own alone,
 * and nobody would ever learn whether the far end showed the one that it had described.
 */
export function isMeasurable({ connectionState }: RTCPeerConnection): boolean {
  return connectionState !== "new" && connectionState !== "connecting";
}

/** What it has measured, all or what concerns one `part` of it; `undefined` where it may not be asked. */
export async function measuredBy(
  pc: RTCPeerConnection | undefined,
  part: RTCPeerConnection | RTCRtpSender | undefined = pc,
): Promise<RTCStatsReport | undefined> {
  return pc !== undefined && isMeasurable(pc) ? await part?.getStats() : undefined;
}
