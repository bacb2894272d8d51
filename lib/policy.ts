/**
 * Every threshold of the service in one place, by name and with its unit. What an operator may change
 * is in config.ts; what is part of the wire is in protocol.ts.
 *
 * @module
 */
export const POLICY = {
  /** Whoever has waited so long for its welcome is not let in any more, in ms: the SDK gives up a little later. */
  entryPatienceMs: 4_000,
  /** How long an `away` participant may come back before it has left, in ms. */
  awayGraceMs: 8_000,
  /** Signs of life of nodes, in ms unless said otherwise. */
  lease: {
    /** How often a node beats. */
    beatMs: 3_000,
    /** After a beat that failed. */
    againMs: 1_000,
    /** How long a lease lasts after its last beat: two may get lost. */
    lapsesAfterMs: 6_500,
    /** When no node beat for so long it was the store that was away: nobody is judged for as long again. */
    silentStoreMs: 3_500,
    /** By how much something is overdue before a node sees to it that has nobody in the room. */
    dueMarginMs: 1_000,
    /** For how long what is due is left to the node that was told. */
    claimMs: 3_000,
    /** Rooms a node is told at once. */
    dueLimit: 500,
    /** Changes younger than this are still on their way over the bus. */
    changedMarginMs: 1_000,
    /** A store that is younger may have lost what it held: it has not heard of all rooms again, which takes a beat. */
    settleMs: 3_200,
    /** For how long after that a room may be made again by the sessions of its people. */
    recallMs: 60_000,
    /** How long it is remembered that a node has died, and that a room has ended. */
    forgetDeadMs: 600_000,
    forgetEndedMs: 3_600_000,
  },
  /**
   * A node's clock beside the store's, in ms. Rooms need nodes that agree to about a second, and two may be off in
   * opposite directions: `offMs` is half of it, and what is good again is a little less, so that it is not told over
   * and over. The best of so many `exchanges` counts; `tolerance`: see `ClockTolerance`, node and store leave out the
   * same of the times that they tell.
   */
  clock: { exchanges: 8, tolerance: { grainMs: 0, driftMs: 5 }, offMs: 500, goodMs: 400 },
  /** A process that did not run for `longMs` reads for `settleMs` what came meanwhile, before it lets anyone in. */
  standstill: { longMs: 1_000, settleMs: 250 },
  /**
   * Who is let in when many want to be, see `GatePolicy`. As many at once as the store takes; four in a turn, which
   * lasts 2 ms, are all that a node can serve, and leave signals their time between them. Who has a place is told to
   * come back within `awayGraceMs`, who is new while the SDK still waits. `calmMs` is some times what a refusal says at
   * least: those who were refused come back into a queue that is still kept short.
   */
  gate: {
    atOnce: 16,
    perTurn: 4,
    newEvery: 4,
    calmMs: 1_000,
    patienceMs: 3_000,
    firstGuessMs: 2,
    lateMs: 250,
    promptMs: 50,
    looks: 4,
    minRetryMs: 200,
    maxRetryMs: 5_000,
    backRetryMs: 1_000,
    lateRetryMs: 2_000,
  },
  /**
   * How long newcomers wait, by the store that is asked. `burstMs` serves two hundred who come at once in memory, also
   * on a node that has just begun, and a hundred by a shared store in 50 ms each; where it was longer, a tenth of those
   * let in at twice what can be served would wait for it. `targetMs` is some joins' time in memory, and the time of one by a store that is slow.
   */
  gatePatience: {
    memory: { burstMs: 100, targetMs: 5 },
    upstash: { burstMs: 500, targetMs: 50 },
  },
  /** For how long a node that turned people away has to let all in until that counts as over, in ms. */
  shedOverMs: 5_000,
  /** How often rooms are looked at for what is due, in ms. */
  tickMs: 250,
  /** So many who closed without a leave are told of to the store at once: others may be back before their turn. */
  farewells: 4,
  /** So many rooms are brought before the store at once: others have to get through as well. */
  roomsAtOnce: 16,
  /**
   * The guards of what a node leans on, see `GuardPolicy`. Few at a time are as fast as many, and signals to other
   * nodes, which go by the same store, wait behind no more than these. The bus bounds by itself what is under way.
   */
  store: { concurrency: 16, queue: 4_096, timeoutMs: 1_500, failures: 5, pauseMs: 1_000 },
  bus: { concurrency: Infinity, queue: 0, failures: 20, pauseMs: 200 },
  /**
   * A socket that has been silent for `pingMs` is pinged; one that answers pings, after `silentMs` given up. Each is
   * looked at once in `lookMs`: more often, that was all that twenty thousand who say nothing cost. In `portions`: to
   * ping some thousands in one go held up all others for 70 ms.
   */
  heartbeat: { lookMs: 1_000, portions: 20, pingMs: 6_000, silentMs: 12_000 },
  /** What may wait in one socket's send buffer before its client counts as not reading, in bytes. */
  sendBufferBytes: 2_097_152,
  /** Rooms that one tenant may have at once. */
  roomsPerTenant: 10_000,
  /** Life of an Idempotency-Key, in ms. */
  idempotencyTtlMs: 24 * 3_600_000,
  /** For how long a key is in use whose request was never answered, in ms: more than a request may take. */
  idempotencyLeaseMs: 30_000,
  /** Keys that a node remembers; beyond, the oldest go first. */
  idempotencyKeys: 100_000,
  rest: {
    /** Largest request body, in bytes. */
    bodyBytes: 65_536,
    /** From the first byte of a request to the last of its body, in ms. */
    requestTimeoutMs: 10_000,
  },
  room: {
    maxParticipants: 12,
    maxParticipantsCeiling: 100,
    emptyTimeoutSeconds: 300,
    /** With this many participants the call is lifted, with `demoteAt` it comes down again. */
    promoteAt: 5,
    demoteAt: 3,
  },
  /** Rooms of the demo page: the fourth person lifts the call. */
  demoTopology: { mode: "auto", promoteAt: 4, demoteAt: 2 },
  /** When a call is lifted and comes down, see `DecisionPolicy`; in ms and participants. */
  topology: {
    meshLimit: 8,
    meshComfort: 4,
    /** Four sections for each in an answer, of at most 800 characters, have to fit into one frame. */
    senderLimit: 20,
    strainedFrom: 3,
    promoteAfterMs: 500,
    demoteAfterMs: 5_000,
    longestDwellMs: 60_000,
    apartMs: 3_600_000,
    trialMs: 15_000,
    recoverMs: 5_000,
    /** A beat, and some more. */
    heardOfMs: 3_500,
    lookAgainMs: 5_000,
    /** A change within this time of the one before counts as flapping. */
    calmMs: 120_000,
    /** How long a room keeps away from an SFU that failed it; doubled with each change that came soon. */
    shunMs: 30_000,
    longestShunMs: 600_000,
    /** A node that is not the first to decide does so when the first has not, after this. */
    understudyMs: 1_000,
  },
  sfu: {
    /** Sessions of an older topology end by themselves after this, in ms: its clients have switched by then. */
    lingerMs: 30_000,
    /** What may wait for one participant's session. */
    askQueue: 64,
    /** What costs an SFU a connection: of one participant, a second and at once. */
    asks: { rate: 0.5, burst: 12 },
    /** How often a node says that it wants sessions at another one, and after what silence they end; in ms. */
    keepMs: 5_000,
    forsakenMs: 20_000,
  },
  token: { ttlSeconds: 3_600, maxTtlSeconds: 86_400 },
  /**
   * A socket is closed when its client has been silent for `quietMs`, at the latest after `atMostMs`, and not waited for
   * after `giveUpMs`; all are looked at once in `lookMs`, and what is due waits for that; in ms.
   */
  close: { lookMs: 25, quietMs: 100, atMostMs: 400, giveUpMs: 2_000 },
  /** When a listener that failed is opened again, in ms. */
  listenAgainMs: 500,
  /** How a draining node spreads the return of its clients, waits for sockets to close, and ends; in ms. */
  drain: { minMs: 200, perClientMs: 2, maxMs: 5_000, socketsMs: 2_000, exitWithinMs: 3_500 },
  /** Updates of one participant: each goes to everyone in the room. */
  updates: { rate: 5, burst: 20 },
  /** Summaries of quality of one socket: one in 5 s; what comes at once is for who has just come back. */
  quality: { rate: 0.2, burst: 2 },
  /** How long other nodes have to answer what REST asks of them, in ms. */
  inquiryMs: 500,
  /** When a full room is worth another try, in ms. */
  roomFullRetryMs: 10_000,
} as const;
