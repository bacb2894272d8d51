/**
 * Waits until a track that has just arrived plays, so that it can take another's place without a gap.
 *
 * @module
 */
import { MESH } from "./policy.ts";

/**
 * Resolves when the receiver has decoded its first frames (video) or received its first packet (audio), when
 * `signal` ends the wait, or after {@linkcode MESH.primeTimeoutMs}: then the slot carries nothing.
 */
export async function primed(receiver: RTCRtpReceiver, signal: AbortSignal): Promise<void> {
  const undo = receiver.track.kind === "video" ? decode(receiver.track) : () => {};
  const end = performance.now() + MESH.primeTimeoutMs;
  try {
    while (!signal.aborted && performance.now() < end && !await plays(receiver)) {
      await new Promise((resolve) => setTimeout(resolve, MESH.primePollMs));
    }
  } finally {
    undo();
  }
}

/** Browsers decode video only when somebody looks: a hidden element does, until the returned function is called. */
export function decode(track: MediaStreamTrack): () => void {
  const video = document.createElement("video");
  video.muted = true;
  video.srcObject = new MediaStream([track]);
  video.play().catch(() => {});
  // Left on for a moment: the application's element takes over before this one lets go.
  return () => void setTimeout(() => video.srcObject = null, MESH.lingerMs);
}

async function plays(receiver: RTCRtpReceiver): Promise<boolean> {
  for (const entry of (await receiver.getStats()).values()) {
    if (entry.type !== "inbound-rtp") continue;
    if (entry.kind === "audio") return entry.packetsReceived > 0;
    return entry.framesDecoded >= MESH.primeFrames;
  }
  return false;
}
