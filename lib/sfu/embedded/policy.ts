/** Every threshold of the embedded SFU, with its unit. */
export const EMBEDDED = {
  /** How often what is due is looked for: feedback, reports, repeated requests, layers. */
  tickMs: 50,
  /** Between receiver reports to a sender, and sender reports to a receiver. */
  reportMs: 1_000,
  /** How many ways one connection may come by, and after which time without a check another may take one over. */
  pathsMost: 8,
  pathIdleMs: 15_000,
  /** Without a connectivity check for so long, a connection is over (RFC 7675 §5.1). */
  consentMs: 30_000,
  /** A connection that the other side has closed may be replaced within this. */
  closedGraceMs: 5_000,
  /** A session that has no connection is kept so long: where nobody holds it, or it was to send and does not. */
  releasedMs: 30_000,
  /** Of so many participants who are not there a session remembers which layer it wants. */
  wishesMost: 256,
  /** Of a DTLS handshake: bytes of one message, its parts that are kept, bytes of all that comes. */
  handshakeMessageBytes: 8 * 1_024,
  handshakeParts: 16,
  handshakeBytes: 64 * 1_024,
  /** How often the end of a handshake that is over is answered again. */
  handshakeRepeats: 16,
  /** The bitrate with which a sender is to begin, in kbit/s. */
  startKbps: 800,
  /** How long the worker may take to answer. */
  callMs: 10_000,
  /** How long it may take to begin. */
  startMs: 30_000,
  /** After its worker was lost it may be used again. */
  restartMs: 2_000,
  /** Packets of one layer that are kept to be sent again. */
  videoHistory: 512,
  audioHistory: 64,
  /** The same packet is not sent again to the same receiver sooner than this. */
  resendMs: 15,
  /** What one connection may be sent again beyond what it is sent anyway, in bytes. */
  repeatBurst: 256 * 1_024,
  /** Between two requests to a sender for the same missing packet. */
  renackMs: 60,
  /** After this, or so many requests, a missing packet is given up. */
  nackGiveUpMs: 1_000,
  nackTries: 10,
  /** More missing than this at once: a key frame repairs it sooner. */
  nackMost: 200,
  /** Between two key frame requests to the same layer: at least, and while none has come. */
  keyframeEveryMs: 200,
  keyframeRetryMs: 500,
  /** Between two that receivers ask for, of the same layer. */
  keyframeForReceiversMs: 1_000,
  /** A layer of which nothing came for so long is taken as stopped. */
  layerStaleMs: 600,
  /** Highest number of media sections of one receiving connection. */
  sectionsMost: 256,
  /** Of one media section: more than these no browser ever says. */
  formatsMost: 64,
  feedbackMost: 16,
  extensionsMost: 64,
  fingerprintsMost: 16,
  ssrcsMost: 16,
  ridsMost: 3,
} as const;
