/** The lobby's own camera and microphone, before there is a call. @module */
import { chosenInput } from "./chosen_devices.ts";
import { devicesReachable, type InputKind } from "./devices.ts";

export type Problems = Map<InputKind, string>;

/** Opens and closes devices; the newest wish for a kind wins over one that is still being opened. */
export class Preview {
  readonly stream = new MediaStream();
  readonly #wishes: Record<InputKind, number> = { audioinput: 0, videoinput: 0 };

  /**
   * Opens devices in one request, so that the browser asks once; where that fails, one by one.
   *
   * @returns names of the errors, by kind
   */
  async open(kinds: readonly InputKind[]): Promise<Problems> {
    const problems: Problems = new Map();
    if (!devicesReachable()) {
      return new Map(kinds.map((kind) => [kind, "InsecureContext"]));
    }
    const wishes = kinds.map((kind) => ++this.#wishes[kind]);
    const tracks = await request(kinds).catch(async (error) => {
      if (kinds.length === 1) problems.set(kinds[0]!, nameOfError(error));
      return kinds.length === 1 ? [] : await eachAlone(kinds, problems);
    });
    kinds.forEach((kind, index) => {
      const track = tracks.find((candidate) => kindOf(candidate) === kind);
      if (this.#wishes[kind] !== wishes[index]) track?.stop();
      else if (track) this.#put(kind, track);
    });
    return problems;
  }

  close(...kinds: InputKind[]): void {
    for (const kind of kinds) {
      this.#wishes[kind]++;
      this.#put(kind, undefined);
    }
  }

  track(kind: InputKind): MediaStreamTrack | undefined {
    return this.stream.getTracks().find((track) => kindOf(track) === kind);
  }

  #put(kind: InputKind, track: MediaStreamTrack | undefined) {
    const old = this.track(kind);
    if (old) {
      this.stream.removeTrack(old);
      old.stop();
    }
    if (track) this.stream.addTrack(track);
  }
}

async function request(kinds: readonly InputKind[]): Promise<MediaStreamTrack[]> {
  const constraint = async (kind: InputKind) => kinds.includes(kind) && await chosenInput(kind);
  const stream = await navigator.mediaDevices.getUserMedia({
    audio: await constraint("audioinput"),
    video: await constraint("videoinput"),
  });
  return stream.getTracks();
}

async function eachAlone(kinds: readonly InputKind[], problems: Problems) {
  const found: MediaStreamTrack[] = [];
  for (const kind of kinds) {
    await request([kind]).then(
      (tracks) => found.push(...tracks),
      (error) => problems.set(kind, nameOfError(error)),
    );
  }
  return found;
}

function kindOf(track: MediaStreamTrack): InputKind {
  return track.kind === "audio" ? "audioinput" : "videoinput";
}

function nameOfError(error: unknown): string {
  return error instanceof Error || error instanceof DOMException ? error.name : "UnknownError";
}
