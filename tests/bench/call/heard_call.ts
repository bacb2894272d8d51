/**
 * A call of four whose every voice is a tone of its own, each in a browser with a loudspeaker of its own: what everyone
 * sees and hears of everyone else, on one time axis.
 *
 * A browser process each, since frames are told of (requestVideoFrameCallback) at full rate only in a page in front.
 * That callback, and not `framesDecoded` of getStats, since it tells of the frames in the application's own `<video>`:
 * while two connections carry the same picture, decoding says nothing about what is shown.
 *
 * @module
 */
import type { Browser } from "playwright-core";
import type { Api } from "../../helpers/api.ts";
import { type BrowserOptions, launchBrowser } from "../../helpers/browser.ts";
import { type Recording, type SoundServer, startSoundServer } from "../../helpers/sound_server.ts";
import { loudness, TONES_HZ, toneWav, usualLoudness } from "../../helpers/tones.ts";
import { type BenchPage, openBenchPage, serveBenchPage } from "./call_page.ts";
import { silencesIn, type Span, type Timeline } from "./gaps.ts";
import { pause } from "../system/proc.ts";

/** What processes voices would take a steady tone for noise. */
const UNPROCESSED = { echoCancellation: false, noiseSuppression: false, autoGainControl: false };
/** Small, so that two cores carry four browsers. */
export const PICTURE = { width: 160, height: 120, frameRate: 15 };
export const FRAME_MS = 1_000 / PICTURE.frameRate;
export const MEDIA = { audio: UNPROCESSED, video: PICTURE };
export const IDENTITIES = ["ada", "bob", "eve", "fay"];
/** Of the recording, from which is taken how loud each voice is to each. */
const TUNING_MS = 2_000;
/** A voice is heard in the recording some time after it was received: so long is waited for it. */
const HEARD_WITHIN_MS = 400;
/** Less is taken for not there at all; the voices have 0.25 of full scale. */
const FAINT = 0.02;

/** One of the four. */
export interface Person {
  readonly identity: string;
  readonly hz: number;
  readonly page: BenchPage;
  readonly ear: Recording;
}

export interface HeardCall extends AsyncDisposable {
  readonly people: readonly Person[];
  /** Measures how loud everyone is to everyone. @throws {Error} if somebody is not heard. */
  tune(): Promise<void>;
  /** Everyone leaves, and joins another room; resolves when everyone sees everyone. */
  move(room: string): Promise<void>;
  /** What each saw and heard of each; resolves when that time has gone by. */
  timelines(span: Span): Promise<Timeline[]>;
}

/** Where the four are, if not all on this machine, and what they send. */
export interface Place {
  /** Where the page is that makes a call. */
  readonly site: { readonly url: string };
  launch(identity: string, flags: string[], options: BrowserOptions): Promise<Browser>;
  picture(identity: string): typeof PICTURE;
}

/** Opens the four browsers and joins; resolves when everyone sees everyone. */
export async function startHeardCall(
  service: { readonly url: string; readonly api: Api },
  room: string,
  place?: Place,
): Promise<HeardCall> {
  await using starting = new AsyncDisposableStack();
  const folder = await Deno.makeTempDir({ prefix: "tones-" });
  starting.defer(() => Deno.remove(folder, { recursive: true }));
  const sound = starting.use(await startSoundServer(IDENTITIES));
  const { site, launch, picture }: Place = place ?? {
    site: starting.use(serveBenchPage(service.url)),
    launch: (_, flags, options) => launchBrowser(flags, options),
    picture: () => PICTURE,
  };
  const people: Person[] = [];
  for (const [i, identity] of IDENTITIES.entries()) {
    const hz = TONES_HZ[i]!;
    const browser = starting.use(await launchWithVoice(folder, hz, sound, identity, launch));
    const page = await openBenchPage(browser, site, identity);
    const token = await service.api.makeToken(room, identity);
    await page.join({
      url: service.url,
      token,
      media: { ...MEDIA, video: picture(identity) },
    });
    people.push({ identity, hz, page, ear: await sound.record(identity) });
  }
  await Promise.all(people.map(({ page }) => page.decodes(people.length - 1)));
  const all = starting.move();
  return new FourPeople(people, service, () => all.disposeAsync());
}

async function launchWithVoice(
  folder: string,
  hz: number,
  sound: SoundServer,
  ear: string,
  launch: Place["launch"],
): Promise<Browser> {
  const wav = `${folder}/${hz}.wav`;
  await Deno.writeFile(wav, toneWav(hz));
  const flags = [
    `--use-file-for-fake-audio-capture=${wav}`,
    // By its own choice, 10 ms, each moment in which the processor is busy elsewhere is heard as a silence of 10 ms.
    "--audio-buffer-size=2048",
    // Of itself it has 20 frames a second, and 15 of 20 come in unequal steps.
    `--use-fake-device-for-media-stream=fps=${PICTURE.frameRate}`,
  ];
  return await launch(ear, flags, {
    env: { ...Deno.env.toObject(), ...sound.env(ear) },
    ignoreDefaultArgs: ["--mute-audio"],
  });
}

class FourPeople implements HeardCall {
  /** How loud the second is to the first. */
  readonly #usual = new Map<string, number>();

  constructor(
    readonly people: readonly Person[],
    private readonly service: { readonly url: string; readonly api: Api },
    private readonly close: () => Promise<void>,
  ) {}

  async move(room: string): Promise<void> {
    const { url, api } = this.service;
    for (const { identity, page } of this.people) {
      const token = await api.makeToken(room, identity);
      await page.leave();
      await page.join({ url, token, media: MEDIA });
    }
    await Promise.all(this.people.map(({ page }) => page.decodes(this.people.length - 1)));
  }

  async tune(): Promise<void> {
    const to = Date.now();
    await recorded(to);
    for (const [by, of] of this.#pairs()) {
      const pcm = by.ear.between(to - TUNING_MS, to);
      const usual = usualLoudness(loudness(pcm, of.hz));
      if (usual < FAINT) {
        throw new Error(
          `Cannot hear ${of.identity} (${of.hz} Hz) at ${by.identity}: ${usual} of full scale; ` +
            `expected at least ${FAINT}`,
        );
      }
      this.#usual.set(`${by.identity} ${of.identity}`, usual);
    }
  }

  async timelines(span: Span): Promise<Timeline[]> {
    await recorded(span.to);
    const seen = new Map<string, Awaited<ReturnType<typeof seenBy>>>();
    for (const { identity, page } of this.people) seen.set(identity, await seenBy(page, span));
    return this.#pairs().map(([by, of]) => {
      const { frames, tracks } = seen.get(by.identity)!;
      const usual = this.#usual.get(`${by.identity} ${of.identity}`);
      if (usual === undefined) throw new Error("Cannot hear: expected `tune` before");
      return {
        by: by.identity,
        of: of.identity,
        frames: frames[of.identity] ?? [],
        silences: silencesIn(span, (from, to) => by.ear.between(from, to), of.hz, usual),
        changes: tracks.filter(({ identity }) => identity === of.identity),
      };
    });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #pairs(): [Person, Person][] {
    return this.people.flatMap((by) =>
      this.people.filter((of) => of !== by).map((of): [Person, Person] => [by, of])
    );
  }
}

function recorded(to: number): Promise<void> {
  return pause(Math.max(0, to + HEARD_WITHIN_MS - Date.now()));
}

/** What a page wrote down in a span, and the frames just before it. */
function seenBy({ page }: BenchPage, span: Span) {
  return page.evaluate(({ from, to }) => {
    const frames: Record<string, number[]> = {};
    for (const [identity, times] of Object.entries(bench.frames)) {
      frames[identity] = times.filter((at, i) => at <= to && (times[i + 1] ?? at) >= from);
    }
    return { frames, tracks: bench.tracks.filter(({ at }) => at >= from && at <= to) };
  }, span);
}
