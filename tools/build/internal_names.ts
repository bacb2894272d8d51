/**
 * Names of properties that mean something to the SDK's own code only, made short in its bundles: in all of them the same,
 * because they hand objects to each other. Nothing else is renamed; a test sees to it that none of these is a name of
 * the browser, of the protocol, or of the public types.
 *
 * @module
 */
export const INTERNAL_NAMES: readonly string[] = `
ackAt ackDelayMs ackEvery added againMs announced arrivals arriving atLeastMs attempts
awaitPollMs awaits baseMs batchLength betterAfter betterAfterMs betterAtMostMs bucket
bufferedBytes bufferedPollMs capMs catchUp closedError connectTimeoutMs connectedAt deliver
deviation dial disconnectedMs emitter events feed firstPacketMs firstTimeoutMs forgetMesh
framesEach freezesAbove handleAway handleFrame handleReady handleWelcome hasMoved hear heardAt
holdMs hurry hushMs idlePollMs intervalMs isFed isHere isOnline isProven isShownBy isSwitched
itemLength joinPatienceMs judge kinds layerBitrates leaveTimeoutMs levelIntervalMs limitMs
lingerMs listen lossAbove loudAt lowUpTo maxTimeoutMs mean mediumUpTo meshArrivals meshEpoch
meshState minTimeoutMs moved movedAt movedBy moves offLevel offerBurst offerTimeoutMs
offersPerSecond oldPathMs onLevel oneLayerBelow openAgainMs openTimeoutMs overdue owned park
patienceMs perMs person pingIntervalMs pongTimeoutMs prepare primeFrames primePollMs
primeTimeoutMs probeTimeoutMs pump rateShare refusal removals renew renewIceAt renewStalledMs
reporter restart retryDelay screenBitrate sendText sendsBy setIceServers setTrack settle shownBy
silentMs slack soundStalledMs sounds stableMs staleMs stalledMs stamp statsIntervalMs steadyMs
strainAfterMs strainGoneAfterMs suspectMs takeAck tend tick times twoLayersBelow unprovenMs
verdict verdictIntervalMs warmParticipants windowLength worseAfter worseAfterMs
`.trim().split(/\s+/);

/** A capital and a digit: the names of nothing else. */
const short = (at: number) => String.fromCharCode(65 + at % 26) + Math.floor(at / 26);

/** What each becomes. */
export const SHORT_NAMES: Readonly<Record<string, string>> = Object.fromEntries(
  INTERNAL_NAMES.map((name, at) => [name, short(at)]),
);
