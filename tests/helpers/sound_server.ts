/**
 * A sound server of a test's own, with an ear for each browser: what comes out of its loudspeaker is recorded.
 *
 * @module
 */
import { find, PAREC, PULSEAUDIO, type Requirement } from "../../tools/test/requirements.ts";
import { startServer } from "./server_process.ts";
import { SOUND_RATE } from "./tones.ts";

const START_LIMIT_MS = 10_000;
/** How much the recorder gathers at most before it passes it on. */
const RECORDER_LATENCY_MS = 20;

export interface SoundServer extends AsyncDisposable {
  /** What makes a program play to this ear; to be added to its environment. */
  env(ear: string): Record<string, string>;
  /** Begins to record what is played to this ear. */
  record(ear: string): Promise<Recording>;
}

/** One channel of 16 bits at `SOUND_RATE`. */
export interface Recording extends AsyncDisposable {
  /** When the first sample was played, in ms since 1970; to some 20 ms, since the loudspeaker takes that much ahead. */
  readonly startedAt: number;
  /** What was played between two times, in ms since 1970. @throws {RangeError} if some of it was not recorded. */
  between(from: number, to: number): Int16Array;
}

/** Starts it; one loudspeaker per name. `await using` ends it and all recordings. */
export async function startSoundServer(ears: readonly string[]): Promise<SoundServer> {
  const program = await found(PULSEAUDIO);
  const recorder = await found(PAREC);
  await using starting = new AsyncDisposableStack();
  const folder = await Deno.makeTempDir({ prefix: "sound-" });
  starting.defer(() => Deno.remove(folder, { recursive: true }));
  const socket = `${folder}/native`;
  // A home of its own, so that nobody's configuration and cookie are read or written.
  const env = { HOME: folder, XDG_RUNTIME_DIR: folder, PULSE_SERVER: `unix:${socket}` };
  starting.use(
    await startServer({
      name: "PulseAudio",
      program,
      args: [
        "-n",
        "--daemonize=no",
        "--exit-idle-time=-1",
        "--use-pid-file=no",
        "--log-level=info",
        ...ears.flatMap((ear) => [
          "-L",
          `module-null-sink sink_name=${ear} rate=${SOUND_RATE} channels=1 format=s16le`,
        ]),
        "-L",
        `module-native-protocol-unix socket=${socket} auth-anonymous=1`,
      ],
      env,
      ready: /Daemon startup complete/,
      limitMs: START_LIMIT_MS,
    }),
  );
  const recordings = starting.use(new AsyncDisposableStack());
  const all = starting.move();
  return {
    env: (ear) => ({ PULSE_SERVER: env.PULSE_SERVER, PULSE_SINK: ear }),
    async record(ear) {
      return recordings.use(await Recorder.start(recorder, ear, env));
    },
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}

async function found(requirement: Requirement): Promise<string> {
  const program = await find(requirement);
  if (program !== undefined) return program;
  const { name, variable } = requirement;
  throw new Error(
    `Cannot start a sound server: expected ${name} at $${variable} or on the PATH; ` +
      `\`deno task test\` installs it where it can`,
  );
}

class Recorder implements Recording {
  #startedAt = Infinity;
  #samples = 0;
  readonly #chunks: { first: number; pcm: Int16Array }[] = [];
  readonly #heard = Promise.withResolvers<void>();
  readonly #read: Promise<void>;

  private constructor(private readonly child: Deno.ChildProcess, private readonly ear: string) {
    this.#read = this.#readOn();
  }

  /** Resolves when the first sound, or silence, has come. */
  static async start(
    program: string,
    ear: string,
    env: Record<string, string>,
  ): Promise<Recorder> {
    const child = new Deno.Command(program, {
      args: [
        `--device=${ear}.monitor`,
        "--raw",
        "--format=s16le",
        `--rate=${SOUND_RATE}`,
        "--channels=1",
        `--latency-msec=${RECORDER_LATENCY_MS}`,
      ],
      env,
      stdin: "null",
      stdout: "piped",
    }).spawn();
    const recorder = new Recorder(child, ear);
    await recorder.#heard.promise;
    return recorder;
  }

  get startedAt(): number {
    return this.#startedAt;
  }

  between(from: number, to: number): Int16Array {
    const first = this.#sampleAt(from);
    const end = this.#sampleAt(to);
    if (first < 0 || end > this.#samples) {
      const until = this.#startedAt + this.#samples / SOUND_RATE * 1_000;
      throw new RangeError(
        `Cannot hear ${this.ear} from ${from} to ${to}: recorded from ${this.#startedAt} to ${until}`,
      );
    }
    const all = new Int16Array(end - first);
    for (const { first: at, pcm } of this.#chunks) {
      if (at + pcm.length <= first || at >= end) continue;
      const piece = pcm.subarray(Math.max(0, first - at), end - at);
      all.set(piece, Math.max(0, at - first));
    }
    return all;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.child.kill("SIGTERM");
    } catch (error) {
      // It has ended meanwhile.
      if (!(error instanceof TypeError || error instanceof Deno.errors.NotFound)) throw error;
    }
    await Promise.all([this.child.status, this.#read]);
  }

  #sampleAt(time: number): number {
    return Math.round((time - this.#startedAt) * SOUND_RATE / 1_000);
  }

  async #readOn(): Promise<void> {
    let odd: Uint8Array = new Uint8Array(0);
    for await (const bytes of this.child.stdout) {
      const all = new Uint8Array(odd.length + bytes.length);
      all.set(odd);
      all.set(bytes, odd.length);
      odd = all.slice(all.length & ~1);
      this.#take(new Int16Array(all.buffer, 0, all.length >> 1), Date.now());
      this.#heard.resolve();
    }
    this.#heard.reject(new Error(`Cannot record ${this.ear}: parec ended; see its error above`));
  }

  /** Sound comes late at times, but not early: of all guesses when it began, the earliest is the best. */
  #take(pcm: Int16Array, now: number): void {
    this.#chunks.push({ first: this.#samples, pcm });
    this.#samples += pcm.length;
    this.#startedAt = Math.min(this.#startedAt, now - this.#samples / SOUND_RATE * 1_000);
  }
}
