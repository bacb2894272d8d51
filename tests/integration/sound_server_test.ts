import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { startSoundServer } from "../helpers/sound_server.ts";
import { loudness, silences, SOUND_RATE, toneWav } from "../helpers/tones.ts";

const VOLUME = 0.25;
const WAV_HEADER = 44;
/** When the wav is silent, in ms. */
const SILENT = [[0, 100], [300, 340], [900, 1_000]] as const;

function toneWithGaps(hz: number): Uint8Array<ArrayBuffer> {
  const wav = toneWav(hz, VOLUME);
  const at = (ms: number) => WAV_HEADER + 2 * ms * SOUND_RATE / 1_000;
  for (const [from, to] of SILENT) wav.fill(0, at(from), at(to));
  return wav;
}

async function play(path: string, env: Record<string, string>): Promise<void> {
  const { success } = await new Deno.Command("paplay", { args: [path], env }).spawn().status;
  assert(success, "paplay failed, see above");
}

describe("the sound server", () => {
  it("lets each ear hear what is played to it, to a millisecond, and nothing else", async () => {
    await using sound = await startSoundServer(["ada", "bob"]);
    const folder = await Deno.makeTempDir();
    try {
      const tones = [["ada", 1_200], ["bob", 2_000]] as const;
      const ears = await Promise.all(tones.map(([ear]) => sound.record(ear)));
      await Promise.all(tones.map(async ([ear, hz]) => {
        await Deno.writeFile(`${folder}/${hz}.wav`, toneWithGaps(hz));
        await play(`${folder}/${hz}.wav`, sound.env(ear));
      }));
      const to = Date.now();
      for (const [i, [, hz]] of tones.entries()) {
        const pcm = ears[i]!.between(ears[i]!.startedAt, to - 80);
        const loud = loudness(pcm, hz);
        const [before, gap, after, ...more] = silences(loud, VOLUME);
        assertEquals(more, []);
        const begin = before!.to - SILENT[0][1];
        const found = [gap!.from, gap!.to, after!.from].map((at) => at - begin);
        const expected = [...SILENT[1], SILENT[2][0]];
        found.forEach((at, i) => assertAlmostEquals(at, expected[i]!, 1));
        assert(Math.max(...loudness(pcm, tones[1 - i]![1])) < VOLUME / 10, "the other was heard");
      }
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  });

  it("says what was not recorded when it is asked for that", async () => {
    await using sound = await startSoundServer(["ada"]);
    const ear = await sound.record("ada");
    assertThrows(() => ear.between(Date.now() - 60_000, Date.now()), RangeError, "Cannot hear ada");
  });
});
