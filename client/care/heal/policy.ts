/**
 * Every threshold of what heals a call, in one place. Times in ms, lengths in UTF-16 code units, unless the name says
 * otherwise.
 *
 * @module
 */
export const HEAL = {
  /** How often all this is looked after. */
  intervalMs: 200,
  /**
   * How long a path to somebody may be looked for by both before it is said that there is none; where there has been one,
   * and nothing is heard of the other, the node has found out by then whether it is the other's network that is gone ...
   */
  noPathMs: 6_000,
  lostPathMs: 14_000,
  /** ... and how long after that an SFU may take to be there, before the application is warned. */
  noPathWarningMs: 4_000,
  /** While nobody is heard, it is looked this often whether the socket is dead. */
  hurryAgainMs: 2_000,
  /** A relayed connection is made anew when less than this share of its credentials' life is left. */
  renewBelow: 0.25,
} as const;

export const LISTEN = {
  /** Nothing at all has come for so long: while media flowed, of which silence is one packet in 400 ms ... */
  silentMs: 1_000,
  /** ... or while there were only beats, which pages in the background send once a second. */
  beatlessMs: 2_500,
  /** Media flowed, if there was any so shortly before the last that came. */
  flowingMs: 600,
} as const;

export const MEND = {
  /** After one connection was made because of silence, the next follows after this, doubled for each in a row ... */
  pauseMs: 4_000,
  longestMs: 60_000,
  /** ... which has ended when it was well for so long. */
  forgetMs: 60_000,
} as const;

export const LINES = {
  /** How often each end says that it is there: of 100 kbit/s, three voices and their reports leave little. */
  beatMs: 1_000,
  /** What comes after a longer pause than this may be old; it is not any more when it has come for so long. */
  pauseMs: 1_500,
  steadyMs: 1_000,
  /** A channel by which nothing came for so long is no way to anybody. */
  freshMs: 2_500,
  /** Longest frame taken. */
  frameLength: 96 * 1024,
  /** Taken of one participant, at once and sustained, in units of 1,024 characters or less: what links send, what is passed on, and the rest. */
  takenUnit: 1024,
  takenBurst: 400,
  takenPerSecond: 100,
  /** Above this many bytes not yet taken by the network, nothing is added. */
  bufferedBytes: 256 * 1024,
} as const;

export const BYWAY = {
  /** Whoever spoke by another way than the service so lately is answered by it too. */
  recentMs: 15_000,
  /** Frames of links taken of one participant, at once and sustained, as by the service. */
  takenBurst: 200,
  takenPerSecond: 50,
  /** What is passed on for one participant, at once and sustained, and the longest box: in units of 1,024 or less. */
  relayUnit: 1024,
  relayBurst: 128,
  relaysPerSecond: 8,
  relayLength: 48 * 1024,
  /** By how many others at once. */
  relays: 2,
} as const;

export const LIFELINES = {
  /** How many others hold one for each participant. */
  guardians: 3,
  /** The first is made when a call has settled, and not before. */
  firstAfterMs: 3_000,
  /** Lifelines taken of one guardian, at once and sustained. */
  takenBurst: 4,
  takenPerSecond: 0.1,
  /** A lifeline that is older is replaced: addresses and permissions at TURN servers wear out ... */
  renewMs: 240_000,
  /** ... each so much of that earlier, drawn evenly, so that not all are made at once. */
  renewSpread: 0.25,
  /** After a failure, or a change of network, the next is made after this. */
  againMs: 5_000,
  /** Candidates that have not been gathered by then are left out. */
  gatherMs: 3_000,
  /** Pulled when nothing comes of anybody, or the network is another since so lately, and the service has been away so long ... */
  movedMs: 5_000,
  pullAfterMs: 300,
  /** ... the next one so long after the one before, if that did not help. */
  pullNextMs: 3_000,
  /** Time for a lifeline that was pulled to connect. */
  pulledMs: 20_000,
} as const;
