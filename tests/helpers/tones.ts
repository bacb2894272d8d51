/**
 * Tones that are told apart by ear: what each participant says, and when a recording lacks it.
 *
 * @module
 */

/** Samples a second, of what is made and of what is analysed; one channel, 16 bits. */
export const SOUND_RATE = 48_000;

/**
 * A tone for each participant, in Hz. Multiples of 400 so that a piece of 2.5 ms holds whole periods of each, which is
 * what tells them apart exactly; odd ones without a common factor, so that none is an overtone of another.
 */
export const TONES_HZ: readonly number[] = [1_200, 2_000, 2_800, 4_400];

/** Resolution of the analysis in samples: 0.5 ms. */
const GRAIN = SOUND_RATE / 2_000;
export const GRAIN_MS = GRAIN / SOUND_RATE * 1_000;
/** A piece of 2.5 ms, within which a tone's phase has to hold. */
const PIECE_GRAINS = 5;
/** A window of 10 ms: its pieces' loudness is added without their phases, so that a leap of phase is no silence. */
const WINDOW_PIECES = 4;
const WINDOW_GRAINS = PIECE_GRAINS * WINDOW_PIECES;
/** A tone is silent where the window round a moment has less than this share of its usual loudness (-6 dB). */
const SILENT_SHARE = 0.5;
/** A gap shorter than half a window does not bring any window below that share. */
export const SHORTEST_SILENCE_MS = SILENT_SHARE * WINDOW_GRAINS * GRAIN_MS;

/** A time in which a tone is not heard; ms from the recording's first sample. */
export interface Silence {
  readonly from: number;
  readonly to: number;
}

/**
 * Loudness of a tone over time (full scale is 1), each `GRAIN_MS`: of the window of 10 ms round each moment. Shorter
 * than the recording by a window; the first is at {@linkcode LOUDNESS_FROM_MS}.
 */
export function loudness(pcm: Int16Array, hz: number): Float64Array {
  const grains = Math.floor(pcm.length / GRAIN);
  const [re, im] = demodulated(pcm, hz, grains);
  const pieces = new Float64Array(Math.max(0, grains - PIECE_GRAINS + 1));
  for (let i = 0; i < pieces.length; i++) {
    let [a, b] = [0, 0];
    for (let j = i; j < i + PIECE_GRAINS; j++) {
      a += re[j]!;
      b += im[j]!;
    }
    pieces[i] = Math.hypot(a, b) * 2 / (PIECE_GRAINS * GRAIN * 32_768);
  }
  const windows = new Float64Array(Math.max(0, grains - WINDOW_GRAINS + 1));
  for (let i = 0; i < windows.length; i++) {
    let sum = 0;
    for (let piece = 0; piece < WINDOW_PIECES; piece++) sum += pieces[i + piece * PIECE_GRAINS]!;
    windows[i] = sum / WINDOW_PIECES;
  }
  return windows;
}

/** The moment that the first value of {@linkcode loudness} is of: the middle of the first window. */
export const LOUDNESS_FROM_MS = WINDOW_GRAINS * GRAIN_MS / 2;

/**
 * When a tone is not heard, to 0.5 ms: a gap makes each window as much quieter as it covers of it, so the windows below
 * half are as many as the gap is long, where it is longer than {@linkcode SHORTEST_SILENCE_MS}.
 *
 * `usual`: how loud the tone is when it is heard, see {@linkcode usualLoudness}.
 */
export function silences(loudness: Float64Array, usual: number): Silence[] {
  const found: Silence[] = [];
  const at = (i: number) => LOUDNESS_FROM_MS + i * GRAIN_MS;
  let from: number | undefined;
  loudness.forEach((value, i) => {
    const silent = value < usual * SILENT_SHARE;
    if (silent && from === undefined) from = at(i);
    if (!silent && from !== undefined) {
      found.push({ from, to: at(i) });
      from = undefined;
    }
  });
  if (from !== undefined) found.push({ from, to: at(loudness.length) });
  return found;
}

/** The median: what it is in calm, where at least half the recording is calm. */
export function usualLoudness(loudness: Float64Array): number {
  return loudness.toSorted()[loudness.length >> 1] ?? 0;
}

/** The tone in pieces of a grain each, mixed down to 0 Hz: real and imaginary part. */
function demodulated(pcm: Int16Array, hz: number, grains: number): [Float64Array, Float64Array] {
  // The mixer's own period is whole samples, since all tones are multiples of 400 Hz.
  const period = SOUND_RATE / 400;
  const turns = Array.from({ length: period }, (_, i) => 2 * Math.PI * hz * i / SOUND_RATE);
  const [cos, sin] = [turns.map(Math.cos), turns.map(Math.sin)];
  const [re, im] = [new Float64Array(grains), new Float64Array(grains)];
  for (let grain = 0, i = 0; grain < grains; grain++) {
    let [a, b] = [0, 0];
    for (const end = i + GRAIN; i < end; i++) {
      a += pcm[i]! * cos[i % period]!;
      b += pcm[i]! * sin[i % period]!;
    }
    re[grain] = a;
    im[grain] = b;
  }
  return [re, im];
}

/** A wav with a steady tone that can be played in a loop without a click: a whole second. `volume`: of full scale. */
export function toneWav(hz: number, volume = 0.25): Uint8Array<ArrayBuffer> {
  const pcm = Int16Array.from(
    { length: SOUND_RATE },
    (_, i) => Math.round(32_767 * volume * Math.sin(2 * Math.PI * hz * i / SOUND_RATE)),
  );
  const header = new DataView(new ArrayBuffer(44));
  const text = (at: number, word: string) =>
    [...word].forEach((letter, i) => header.setUint8(at + i, letter.charCodeAt(0)));
  text(0, "RIFF");
  header.setUint32(4, 36 + pcm.byteLength, true);
  text(8, "WAVEfmt ");
  header.setUint32(16, 16, true);
  header.setUint16(20, 1, true); // PCM
  header.setUint16(22, 1, true); // channels
  header.setUint32(24, SOUND_RATE, true);
  header.setUint32(28, SOUND_RATE * 2, true); // bytes a second
  header.setUint16(32, 2, true); // bytes a frame
  header.setUint16(34, 16, true); // bits a sample
  text(36, "data");
  header.setUint32(40, pcm.byteLength, true);
  const wav = new Uint8Array(header.byteLength + pcm.byteLength);
  wav.set(new Uint8Array(header.buffer));
  wav.set(new Uint8Array(pcm.buffer), header.byteLength);
  return wav;
}
