/**
 * Names of properties that mean something to the SDK's own code only, made short in its bundles: in all of them the same,
 * because they hand objects to each other. Nothing else is renamed; a test sees to it that none of these is a name of
 * the browser, of the protocol, or of the public types.
 *
 * @module
 */
export const INTERNAL_NAMES: readonly string[] = `
above ackAgainMs ackAt ackDelayMs ackEvery acknowledge adapt added afterMs againMs announced
arrivals arrive arriving atLeastMs attempt attempts awaitPollMs awaits baseMs batchLength beatMs
beatlessMs beginBurst beginsPerSecond begun below betterAfter betterAfterMs betterAtMostMs
betterMs bucket bufferedBytes bufferedPollMs callError capMs carry catchUp cipher closedError
collapsedTo connectTimeoutMs connectedAt courier current deliver deviation dial disconnectedMs
emitter endNext endsAt events exchanges feed firstPacketMs firstTimeoutMs firstTracks flowingMs
forMs forget forgetMesh forgiveMs framesBy framesEach freezesAbove freshMs gatherMs goneAfterMs
guardians handleAway handleFrame handleReady handleWelcome handshake hasJoined hasMoved hasten
heal hear heardAt holdMs hurry hushMs idlePollMs intervalMs isAwaited isCameraHeld isDue isFed
isFresh isHere isMet isOnline isOverdue isPaused isProcessorShort isProven isResuming isShown
isShownBy isSwitched isTold itemLength joinPatienceMs judge kinds last lateMs layerBitrates
leanUpTo leastPicture leaveTimeoutMs levelIntervalMs limitMs lingerMs listen longestWaitMs looks
lossAbove lostPathMs loudAt lowUpTo maxTimeoutMs mayTake mean mediaSilentMs mediumUpTo
meshArrivals meshEpoch meshState minTimeoutMs most moved movedAt movedBy movedMs moves newest
noPathMs noPathWarningMs ofEpoch offLevel offerCaptureTimes offerTimeoutMs oldPathMs onLevel
oneLayerBelow openAgainMs openTimeoutMs others outlet overdue overhead owned pacer packetMs
pairs park parts passed patienceMs peak peakMs perMs person pingIntervalMs plays pongTimeoutMs
prepare primeFrames primePollMs primeTimeoutMs probeAtLeastMs probeRoundTrips probeTimeoutMs
processor processorAfterMs processorBetterMs pullAfterMs pullNextMs pulledMs pump raisedAt rank
rateShare reached reaches received recentMs redundancy refusal relayBurst relayLength relays
relaysPerSecond removals renew renewAt renewBelow renewIceAt renewMs renewStalledMs reporter
reportsLagMs restart retire retryDelay roseAt roster screenBitrate seats seenChange
seenIntervalMs sendText sendsBy sent setIceServers setTrack settle settleMs shortAfterMs
shortBelow shortSince shownBy signaling silentMs slack soundStalledMs sounds speaks spokeAt
stableMs staleMs stalledMs stamp statsIntervalMs steadyMs stoodMs strainAfterMs
strainGoneAfterMs suspectMs switched takeAck takeMesh takeOver takesCandidate tell tellMs tend
tick tools trial trialBitrate trialFactor trialFallsTo trialGrowth trialGrowthMs trialMs
trialStepMs triedAt tries ttlMs turned twoLayersBelow unprovenMs unseenWidth urgent usedShare
verdict verdictIntervalMs waitMs waitUntil warmParticipants windowLength wishes worseAfter
worseAfterMs
`.trim().split(/\s+/);

/** The names of nothing else: nobody begins them so, save `RegExp.$1` to `$9`. */
const short = (at: number) => "$" + (at + 10).toString(36);

/** What each becomes. */
export const SHORT_NAMES: Readonly<Record<string, string>> = Object.fromEntries(
  INTERNAL_NAMES.map((name, at) => [name, short(at)]),
);
