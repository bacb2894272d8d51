/**
 * Every threshold of what is sent over a thin uplink, in one place. Times in ms, rates as a fraction, unless the name
 * says otherwise.
 *
 * @module
 */
/** Bitrates in bit/s, widths in pixels. */
export const ADAPT = {
  /** How often it is looked: in a whole second, a voice would be lost for too long. */
  intervalMs: 200,
  /** What is sent to each other participant may take so much, headers included. */
  voice: { plain: 60_000, lean: 22_000, doubled: 95_000 },
  /** Headers and retransmissions, on top of what a picture takes. */
  overhead: 1.12,
  /** Up to this level a voice is lean. */
  leanUpTo: 2,
  /** From nothing to all: what a camera may take on its way to each. */
  levels: [
    { bitrate: 0, width: 0, frameRate: 0 },
    { bitrate: 40_000, width: 160, frameRate: 8 },
    { bitrate: 100_000, width: 320, frameRate: 12 },
    { bitrate: 250_000, width: 480, frameRate: 20 },
    { bitrate: 600_000, width: 640, frameRate: 30 },
    { bitrate: 1_500_000, width: 1_280, frameRate: 30 },
    { bitrate: 2_500_000, width: Infinity, frameRate: 60 },
  ],
  /** At the same levels, a shared screen: always as large as it is, or nobody could read it. */
  screen: [
    { bitrate: 0, frameRate: 0 },
    { bitrate: 40_000, frameRate: 2 },
    { bitrate: 150_000, frameRate: 5 },
    { bitrate: 300_000, frameRate: 8 },
    { bitrate: 700_000, frameRate: 15 },
    { bitrate: 1_500_000, frameRate: 30 },
    { bitrate: 2_500_000, frameRate: 30 },
  ],
  /** Beside a screen, a camera is sent as it else is so many levels lower. */
  besideScreen: 2,
  /** To so many and more, all cameras and all screens together take no more: what is on its way when a link thins out stands in
   * line before the voice. A frame of the camera goes to all at once; at 100 kbit/s, a voice waits 240 ms behind so many bits. */
  crowd: { receivers: 3, camera: 600_000, frame: 24_000, screen: 2_000_000 },
  /** What a picture of at most this width takes where there is room for it. */
  sizes: [
    { width: 160, bitrate: 90_000 },
    { width: 320, bitrate: 160_000 },
    { width: 480, bitrate: 350_000 },
    { width: 640, bitrate: 700_000 },
    { width: 1_280, bitrate: 1_500_000 },
    { width: Infinity, bitrate: 2_500_000 },
  ],
  /** A picture that is seen this much wider is content with a size all the same. */
  slack: 0.1,
  /** One that nobody sees, as far as is known, is sent as if it were seen so wide: there is something when it is. */
  unseenWidth: 320,
  /** Estimates that have fallen to this share of their highest within `peakMs`, below what is needed, have collapsed. */
  collapsedTo: 0.75,
  peakMs: 3_000,
  /** After so long, estimates below this share of what is needed are believed. */
  shortBelow: 0.85,
  shortAfterMs: 8_000,
  /** Of what is estimated, so much is used; while it collapses, less: it has not come to its end. */
  usedShare: 0.9,
  collapsingShare: 0.6,
  /** An estimate that leaves less than this beside the voice is the least that the browser ever gives. To one alone the smallest picture
   * goes with less, the voice counted in: no browser sends less of one, beside a lean voice. */
  leastPicture: { besideVoice: 45_000, withVoice: 40_000 },
  /** A round trip longer than usual by this, or such a loss, is too much ... */
  lateMs: 300,
  /** What is usual is the shortest of this time, or of up to twice as long. */
  usualMs: 30_000,
  lossAbove: 0.15,
  /** ... but reports may be of the time before a change that was this long ago. */
  reportsLagMs: 6_000,
  /** How long a level must have lasted before more is tried; it is tried for so long at most. */
  settleMs: 2_000,
  trialMs: 12_000,
  /** A trial begins with this, and takes more by this factor at each of its steps: each makes the browser probe. */
  trialBitrate: 60_000,
  trialFactor: 1.6,
  trialStepMs: 1_000,
  /** Where there is no picture it has so few frames that the browser knows that it could send more, and is so small that its first
   * one does not hold up the voices: at 100 kbit/s, one of 160 pixels takes a quarter of a second. */
  trialFrameRate: 4,
  trialWidth: 80,
  /** A trial in which the estimate falls to this share of its highest has failed ... */
  trialFallsTo: 0.6,
  /** ... and one in which it does not grow by this factor within this time, again and again. */
  trialGrowth: 1.2,
  trialGrowthMs: 2_000,
  /** After a trial that has failed the next one waits; each time twice as long, up to so long. */
  waitMs: 2_000,
  longestWaitMs: 4_000,
  /** What the one will take must be there so many times, and what the others will take more; more often after each level that did not
   * hold for `holdMs`: what is measured in one burst is now and then more than there is. */
  margin: {
    own: { first: 1, factor: 1.2, most: 2 },
    others: { first: 1.5, factor: 1.5, most: 6 },
  },
  holdMs: 30_000,
  /** What falls so soon after it rose falls to where it was. */
  relapseMs: 5_000,
  /** Where nothing is estimated more is sent without a trial, but not before so long; doubled for each that did not hold. */
  blind: { afterMs: 10_000, atMostMs: 300_000 },
  /** Without a picture for so long, one alone is sent the smallest if a trial did no harm; if that did not hold, not sooner than this. */
  trust: { afterMs: 10_000, againMs: 300_000 },
  /** When most hear no more of a voice that was flowing, no picture is sent for so long: then the estimates know why. If it is so
   * again within `againMs`, they do not: less is sent, and more not sooner than where nothing is estimated. */
  hold: { ms: 600, mostMs: 2_000, againMs: 5_000 },
  /** Of a voice that flowed for so long it is said that it is missed, when it has been for this time (a lean one: for two of its
   * packets) and each time it has been for twice as long as last said, until it is gone for good: word of it is acknowledged by
   * the very uplink that has no room. At most so much of a flow counts, less the gaps in it. */
  ear: {
    intervalMs: 40,
    flowingMs: 1_000,
    countedMs: 2_000,
    missedMs: 80,
    leanMissedMs: 120,
    goneMs: 1_000,
  },
  /** So much missed is not a matter of some lost packets, and is believed for so long, of a microphone that is on since so long and
   * is not just being sent another way; if the voice has gone on without a pause until then, and while word of it was on its way. */
  starved: {
    plain: 80,
    doubled: 80,
    lean: 120,
    forMs: 250,
    steadyMs: 1_500,
    changeMs: 300,
    onItsWayMs: 250,
  },
  /** Below this share of what is needed, a connection is far from it. */
  smallBelow: 0.5,
  /** Its limit is moved to and fro by this, which makes the browser probe. */
  nudge: 1.05,
  /** ... if no more than this share of the estimate is sent. */
  idleShare: 0.65,
  /** After so long, it needs that once less again. */
  forgiveMs: 300_000,
  /** How long the processor must be short before less is sent, and not before more is; doubled for each relapse. */
  processorAfterMs: 4_000,
  processorBetterMs: 30_000,
  processorRelapseFactor: 2,
  /** Loss above which each packet of a voice carries the one before it too, and below which no longer; and for how long. */
  redundancy: { above: 0.03, afterMs: 3_000, below: 0.005, goneAfterMs: 20_000 },
  /** A camera or screen that does not say how large it is. */
  middling: { width: 640, frameRate: 30 },
  /** How often what the browser refuses is tried. */
  tries: 3,
  /** A change of what one sees by less than this share is not told; nor more often than this. */
  seenChange: 0.1,
  seenIntervalMs: 1_000,
} as const;

export const VOICE = {
  /** A packet's headers weigh as much as 20 ms of a voice: long packets are what saves most. Bit/s. */
  lean: { packetMs: 60, bitrate: 10_000 },
} as const;
