/**
 * Every threshold of what moves media between the mesh and an SFU, in one place. Times in ms, bitrates in bit/s,
 * widths in device pixels, unless the name says otherwise.
 *
 * @module
 */
export const SWITCH = {
  /** How often it is looked whether something plays: while it is awaited, and otherwise at an SFU. */
  awaitPollMs: 50,
  idlePollMs: 100,
  /** A new picture plays after so many frames: the first alone may stand for a while. */
  frames: 3,
  /** A new sound plays when something new was played at so many looks: at first the browser still stretches it. */
  sounds: 4,
  /** What has not played by then is shown all the same, if nothing has come of the old one for `staleMs`. */
  patienceMs: 2_000,
  staleMs: 1_000,
  /** When nothing has come of the old one for this long, the first that comes of the new one is shown. */
  hushMs: 200,
  /** An old path is kept this long for those who do not say that they have switched. */
  oldPathMs: 20_000,
  /** In rooms of so many, oneself included, the mesh is kept connected while media goes by an SFU. */
  warmParticipants: 6,
} as const;

export const SFU = {
  /** Who hears nothing and is not connected for this long, or in twice the time whatever it hears, reports it. */
  connectTimeoutMs: 6_000,
  /** Who has been connected for less goes on counting from when it was not. */
  steadyMs: 2_000,
  /** A session that has been asked for and is not there is asked for again; frames may be lost. */
  openAgainMs: 2_000,
  /** A connection that is `disconnected` longer is made anew. */
  disconnectedMs: 1_500,
  retry: { baseMs: 1_000, capMs: 10_000 },
  /** Nothing at all has come for this long, though somebody sends a picture ... */
  stalledMs: 700,
  /** ... or only sound, of which silence makes one packet in 400 ms; and for the first time, after connecting. */
  soundStalledMs: 2_000,
  firstPacketMs: 3_000,
  /** ... and from who has neither come by it nor said that it shows others by it: it may not reach the SFU, and says so. */
  unprovenMs: 15_000,
  /** From this silence on, packets are counted too, which is dearer than to look at what is played. */
  suspectMs: 300,
  /** A path that stays stalled this long after it was reported is made anew. */
  renewStalledMs: 1_500,
} as const;

export const SEND = {
  /** Of the layers of a camera, smallest first: what each may take. */
  layerBitrates: [200_000, 600_000, 1_700_000],
  /** Cameras narrower than this (CSS-independent pixels of the picture) send one layer, or two. */
  oneLayerBelow: 480,
  twoLayersBelow: 960,
  screenBitrate: 2_500_000,
} as const;

export const LAYERS = {
  intervalMs: 1_000,
  /** All is asked for again: an SFU that is busy may have missed it. */
  againMs: 30_000,
  /** The widest tile that is content with the smallest layer, and with the middle one. */
  lowUpTo: 240,
  mediumUpTo: 640,
  /** A lower layer than before is asked for only when the tile is smaller by this share: tiles wobble. */
  slack: 0.1,
  /** Loss, as a share, and freezes in a row of snapshots above which less is asked for. */
  lossAbove: 0.08,
  freezesAbove: 1,
  /** How long it must be bad before less is asked for, and good before more is; again doubled for each relapse. */
  worseAfterMs: 3_000,
  betterAfterMs: 10_000,
  betterAtMostMs: 80_000,
} as const;
