/**
 * What a state comes to: how to send to each participant. Pure.
 *
 * @module
 */
import type { AdaptationInfo, AdaptationSettings } from "../api.ts";
import { fitting, type Look, needsAt, shownIn } from "./evidence.ts";
import {
  type Camera,
  cameraLevel,
  type Encoding,
  encodingAt,
  needAt,
  screenAt,
  type Shown,
  TOP,
  type Voice,
  voiceAt,
} from "./ladder.ts";
import { ADAPT } from "./policy.ts";
import type { AdaptState, Small } from "./state.ts";

/** How to send to each. */
export interface Plan extends AdaptationInfo {
  /** Whether the camera is on, but shown to nobody. */
  readonly isPaused: boolean;
  readonly connections: ReadonlyMap<string, Sending>;
}

/** How to send to one. */
export interface Sending {
  readonly voice: Voice;
  /** The camera's; `undefined`: it is off, or there is no room for it. */
  readonly picture: Encoding | undefined;
  /** `undefined`: no screen is shared, or there is no room for it. */
  readonly screen?: Encoding;
}

/** What counts of a look: what goes to those who receive, without what the application does not want sent. */
export function countedIn(look: Look, { mode }: AdaptationSettings): Look {
  const connections = look.connections.filter(({ isIdle = false }) => !isIdle);
  return { ...look, connections, camera: mode === "audio_only" ? undefined : look.camera };
}

/** `now`: so that connections of which too little is known are probed. */
export function planOf(
  state: AdaptState,
  look: Look,
  settings: AdaptationSettings,
  now: number,
): Plan {
  const counted = countedIn(look, settings);
  const shown = shownIn(counted);
  const { level, limit } = allowed(state, counted, settings);
  const voice = level > ADAPT.leanUpTo && state.redundancy.is ? "doubled" : voiceAt(level);
  const aim = probedFor(state, level, now);
  const { phase, small } = state;
  const sendings = look.connections.map(({ id, seen, estimate = Infinity }): [string, Sending] => {
    if (phase.is === "holding") return [id, { voice: "lean", picture: undefined }];
    const usual: Sending = {
      voice,
      picture: encodingAt(level, shown, seen),
      screen: screenAt(level, shown),
    };
    if (phase.is === "trying" && phase.trial.id === id) {
      return [id, tried(usual, shown, phase.trial.bitrate)];
    }
    if (aim === undefined || !small.ids.includes(id)) return [id, usual];
    return [id, probing(usual, { shown, seen, estimate, aim, level, now })];
  });
  const hasPicture = encodingAt(level, shown) !== undefined;
  const hasScreen = screenAt(level, shown) !== undefined;
  const isPaused = look.camera !== undefined && !hasPicture;
  const isCut = isPaused || needsAt(level, counted) < needsAt(TOP, counted);
  const isSilentOnly = !hasPicture && !hasScreen;
  return {
    sending: !isCut ? "full" : isSilentOnly && hasSomething(look) ? "audio_only" : "reduced",
    reason: !isCut ? "none" : settings.mode === "audio_only" ? "forced" : limit,
    isPaused,
    connections: new Map(sendings),
  };
}

/** The level, and what keeps it from being higher. */
export function allowed(
  { level, processor, redundancy }: AdaptState,
  look: Look,
  { mode, maxBitrate = Infinity }: AdaptationSettings,
): { level: number; limit: "uplink" | "cpu" | "forced" } {
  if (mode === "off") return { level: TOP, limit: "forced" };
  const forced = within(maxBitrate, { ...look, isDoubled: look.isDoubled || redundancy.is });
  const least = Math.min(level, processor.most, forced);
  if (least === forced && forced < TOP) return { level: least, limit: "forced" };
  return { level: least, limit: least === processor.most && least < TOP ? "cpu" : "uplink" };
}

/** The highest level that takes no more than the application allows, with voices as they go. */
function within(maxBitrate: number, look: Look): number {
  const most = fitting(maxBitrate, look);
  if (!look.isDoubled || most <= ADAPT.leanUpTo) return most;
  const { doubled, plain } = ADAPT.voice;
  const more = (doubled - plain) * look.connections.length;
  // There, a voice is lean.
  return Math.max(ADAPT.leanUpTo, fitting(maxBitrate - more, look));
}

/**
 * Who is to be shown less from now on. When there is more, that is who does not carry it yet: they catch up best with a
 * small picture. Later it is who is far from it, lest a picture changes with each estimate.
 */
export function smallIn(
  state: AdaptState,
  look: Look,
  settings: AdaptationSettings,
  now: number,
): Small {
  const counted = countedIn(look, settings);
  const shown = shownIn(counted);
  const aim = probedFor(state, allowed(state, counted, settings).level, now);
  if (aim === undefined) return { ...state.small, ids: [] };
  const isMore = aim > state.small.level;
  const ids = counted.connections.flatMap(({ id, seen, estimate = Infinity }) => {
    const { shortBelow, smallBelow } = ADAPT;
    const share = isMore || state.small.ids.includes(id) ? shortBelow : smallBelow;
    return estimate < needAt(aim, shown, seen) * share ? [id] : [];
  });
  return { level: aim, ids };
}

/** The level up to which connections of which too little is known are probed. */
function probedFor({ phase, since }: AdaptState, level: number, now: number): number | undefined {
  if (phase.is === "trying") {
    const { from, proven } = phase.trial;
    // Their first picture stays as it is until the trial is over.
    if (from === 0 && level > 0) return TOP;
    return proven > level ? proven : undefined;
  }
  return now - since < ADAPT.shortAfterMs ? level : undefined;
}

/** A connection that is probed. */
interface Probed {
  readonly shown: Shown;
  readonly seen: number | undefined;
  readonly estimate: number;
  readonly aim: number;
  readonly level: number;
  readonly now: number;
}

/**
 * The browser probes at each change of a limit, but only while less is sent than it estimates: so the limit moves to
 * and fro, and the picture is as small as the estimate is.
 */
function probing(usual: Sending, { shown, seen, estimate, aim, level, now }: Probed): Sending {
  const nudge = Math.floor(now / ADAPT.trialStepMs) % 2 === 1 ? ADAPT.nudge : 1;
  const limited = (one: Encoding, { maxBitrate }: Encoding) => ({
    ...one,
    maxBitrate: Math.round(maxBitrate * nudge),
  });
  const smallFrom = (level: number) => {
    while (level > 0 && needAt(level, shown, seen) > estimate * ADAPT.idleShare) level--;
    return level;
  };
  const camera = encodingAt(aim, shown, seen);
  if (camera !== undefined) {
    const small = smallFrom(cameraLevel(level, shown));
    const picture = encodingAt(small, alone(shown), seen) ?? smallest(shown, seen);
    return { ...usual, picture: limited(picture, camera) };
  }
  const screen = screenAt(aim, shown);
  if (screen === undefined) return usual;
  return { ...usual, screen: limited(screenAt(Math.max(1, smallFrom(level)), shown)!, screen) };
}

/** The smallest picture of a camera that is on. */
function smallest(shown: Shown, seen?: number): Encoding {
  const picture = encodingAt(1, alone(shown), seen)!;
  return { ...picture, maxFramerate: Math.min(ADAPT.trialFrameRate, picture.maxFramerate) };
}

/** A picture that is sent for the browser alone to measure with. */
function unseen({ width, frameRate }: Camera): Encoding {
  return {
    maxBitrate: 0,
    scaleResolutionDownBy: Math.max(1, width / ADAPT.trialWidth),
    maxFramerate: Math.min(ADAPT.trialFrameRate, frameRate),
  };
}

/** As if there were no screen beside the camera. */
const alone = (shown: Shown): Shown => ({ ...shown, screen: undefined });

/** With a trial's picture: the camera's as small as can be, or the screen's where there is no camera. */
function tried(usual: Sending, shown: Shown, bitrate: number): Sending {
  const at = (one: Encoding) => ({
    ...one,
    maxBitrate: Math.max(one.maxBitrate, Math.round(bitrate)),
  });
  if (shown.camera !== undefined) {
    return { ...usual, picture: at(usual.picture ?? unseen(shown.camera)) };
  }
  const screen = usual.screen ?? screenAt(1, shown);
  return screen === undefined ? usual : { ...usual, screen: at(screen) };
}

const hasSomething = ({ camera, screen }: Look) => camera !== undefined || screen !== undefined;
