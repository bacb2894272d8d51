/**
 * What a receiver has played.
 *
 * @module
 */

/** The time stamp of what was played last, as far as the browser says; cheap, unlike the receiver's statistics. */
export function stampOf(receiver: RTCRtpReceiver): number | undefined {
  const stamps = receiver.getSynchronizationSources().map(({ timestamp }) => timestamp);
  return stamps.length === 0 ? undefined : Math.max(...stamps);
}
