/**
 * How old what one sees and hears is. Pure.
 *
 * @module
 */

/** What a receiver has played last (WebRTC §5.5), with what the capture times in RTP say of it (WebRTC Extensions §7.1). */
export interface Played {
  /** When it was played, by our clock, ms since 1970. */
  readonly timestamp: number;
  /** When it was captured, by the sender's clock, ms since 1900. */
  readonly captureTimestamp?: number;
}

/** What to add to the time of each end for the service's time, ms. */
export interface Clocks {
  readonly own: number | undefined;
  readonly sender: number | undefined;
}

/** NTP counts from 1900 (RFC 5905 §6). */
const FROM_1900_MS = 2_208_988_800_000;

/** From capture to play, in s, where all is known of the newest of `played`. */
export function captureDelay(
  played: readonly Played[],
  { own, sender }: Clocks,
): number | undefined {
  const [newest] = [...played].sort((a, b) => b.timestamp - a.timestamp);
  if (newest?.captureTimestamp === undefined || own === undefined || sender === undefined) {
    return undefined;
  }
  const captured = newest.captureTimestamp - FROM_1900_MS + sender;
  return Math.max(0, newest.timestamp + own - captured) / 1000;
}
