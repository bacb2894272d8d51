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
export async function primed(
  receiver: RTCRtpReceiver,
  signal: AbortSignal,
  old?: MediaStreamTrack,
): Promise<void> {
  const undo = decode(receiver.track, old);
  const end = performance.now() + MESH.primeTimeoutMs;
  try {
    while (!signal.aborted && performance.now() < end && !await plays(receiver)) {
      await new Promise((resolve) => setTimeout(resolve, MESH.primePollMs));
    }
  } finally {
    // When whoever waits has shown it.
    setTimeout(undo);
  }
}

/**
 * Plays a track that nobody sees or hears yet in a hidden element, because browsers decode video only when somebody
 * looks. The returned function is to be called when it has taken the place of `old`.
 */
export function decode(track: MediaStreamTrack, old: MediaStreamTrack = track): () => void {
  const element = document.createElement("video");
  element.muted = true;
  element.srcObject = new MediaStream([track, old]);
  element.play().catch(() => {});
  return () => {
    // Chromium plays on what was removed from a stream, until an element that has it too says how loud it is.
    element.volume = 0;
    // Left on for a moment: the application's element takes over before this one lets go.
    setTimeout(() => element.srcObject = null, MESH.lingerMs);
  };
}

async function plays(receiver: RTCRtpReceiver): Promise<boolean> {
  for (const entry of (await receiver.getStats()).values()) {
    if (entry.type !== "inbound-rtp") continue;
    if (entry.kind === "audio") return entry.packetsReceived > 0;
    return entry.framesDecoded >= MESH.primeFrames;
  }
  return false;
}
