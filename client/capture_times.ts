/**
 * Capture times in RTP, where the browser offers them: receivers learn when what they get was seen and heard.
 *
 * @module
 */
const URI = "http://www.webrtc.org/experiments/rtp-hdrext/abs-capture-time";

/** A header extension of a transceiver (WebRTC Extensions §5.2). */
interface HeaderExtension {
  uri: string;
  direction: RTCRtpTransceiverDirection;
}

interface Negotiating {
  getHeaderExtensionsToNegotiate?(): HeaderExtension[];
  setHeaderExtensionsToNegotiate?(extensions: HeaderExtension[]): void;
}

/** Has a transceiver that is about to be offered send and receive capture times; whoever answers does so too, if it can. */
export function offerCaptureTimes(transceiver: RTCRtpTransceiver): void {
  const negotiating = transceiver as RTCRtpTransceiver & Negotiating;
  const extensions = negotiating.getHeaderExtensionsToNegotiate?.() ?? [];
  for (const extension of extensions) if (extension.uri === URI) extension.direction = "sendrecv";
  negotiating.setHeaderExtensionsToNegotiate?.(extensions);
}
