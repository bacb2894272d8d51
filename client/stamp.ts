/**
 * What a receiver has played.
 *
 * @module
 */

/** The time stamp of what was played last, as far as the browser says; cheap, unlike the receiver's statistics. */
export function stampOf(receiver: RTCRtpReceiver): number | undefined {
  return playedBy(receiver)?.timestamp;
}

/** The same on the clock of its packets (RFC 3550 §5.1), with 32 bits. */
export function rtpStampOf(receiver: RTCRtpReceiver): number | undefined {
  return playedBy(receiver)?.rtpTimestamp;
}

/** After another source there may be two for a while. */
function playedBy(receiver: RTCRtpReceiver): RTCRtpSynchronizationSource | undefined {
  const [first, ...others] = receiver.getSynchronizationSources();
  return others.reduce((last, one) => one.timestamp > last!.timestamp ? one : last, first);
}
