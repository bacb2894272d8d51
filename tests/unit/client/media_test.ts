import { assertEquals, assertRejects } from "@std/assert";
import { afterAll, beforeAll, describe, it } from "@std/testing/bdd";
import { CallError } from "../../../client/api.ts";
import { LocalMedia } from "../../../client/media.ts";

/** As much of a track as the SDK touches; the test ends it like an unplugged device. */
class FakeTrack extends EventTarget {
  enabled = true;
  readyState: MediaStreamTrackState = "live";
  readonly label: string;

  constructor(readonly kind: string, readonly id: string) {
    super();
    this.label = id;
  }
  stop(): void {
    this.readyState = "ended";
  }
  unplug(): void {
    this.stop();
    this.dispatchEvent(new Event("ended"));
  }
}

class FakeStream {
  readonly tracks: Set<FakeTrack>;
  constructor(tracks: FakeTrack[] = []) {
    this.tracks = new Set(tracks);
  }
  addTrack = (track: FakeTrack) => void this.tracks.add(track);
  removeTrack = (track: FakeTrack) => void this.tracks.delete(track);
  getTracks = () => [...this.tracks];
  getAudioTracks = () => this.getTracks().filter(({ kind }) => kind === "audio");
  getVideoTracks = () => this.getTracks().filter(({ kind }) => kind === "video");
}

/** The system's devices: what is asked for, what is handed out, and what goes wrong next. */
const devices = {
  asked: [] as unknown[],
  given: [] as FakeTrack[],
  failures: [] as string[],
  reset(): void {
    Object.assign(this, { asked: [], given: [], failures: [] });
  },
  give(constraints: { audio?: unknown; video?: unknown }): Promise<FakeStream> {
    this.asked.push(constraints);
    const failure = this.failures.shift();
    if (failure !== undefined) return Promise.reject(new DOMException("x", failure));
    const kinds = (["audio", "video"] as const).filter((kind) => constraints[kind]);
    const tracks = kinds.map((kind, index) =>
      new FakeTrack(kind, `${kind}${this.given.length + index}`)
    );
    this.given.push(...tracks);
    return Promise.resolve(new FakeStream(tracks));
  },
};

const real = { MediaStream: globalThis.MediaStream };
beforeAll(() => {
  Object.assign(globalThis, { MediaStream: FakeStream });
  Object.defineProperty(navigator, "mediaDevices", {
    configurable: true,
    value: {
      getUserMedia: (constraints: object) => devices.give(constraints),
      getDisplayMedia: (constraints: object) => devices.give(constraints),
    },
  });
});
afterAll(() => {
  Object.assign(globalThis, real);
  Reflect.deleteProperty(navigator, "mediaDevices");
});

function begin() {
  devices.reset();
  const told: string[] = [];
  const media = new LocalMedia();
  media.listen({
    changed: (kind, track) => void told.push(`${kind} ${track === null ? "off" : track.id}`),
    warning: ({ code }) => void told.push(code),
  });
  return { media, told };
}

const state = (microphone: boolean, camera: boolean, screen = false) => ({
  microphone,
  camera,
  screen,
});

describe("LocalMedia", () => {
  it("opens both devices with one question", async () => {
    const { media, told } = begin();
    await media.open({ audio: true, video: { width: 320 } });
    assertEquals(devices.asked, [{ audio: true, video: { width: 320 } }]);
    assertEquals(told, ["microphone audio0", "camera video1"]);
    assertEquals(media.state, state(true, true));
  });

  it("asks for nothing when nothing is wanted", async () => {
    const { media } = begin();
    await media.open({});
    assertEquals([devices.asked, media.state], [[], state(false, false)]);
  });

  it("mutes the microphone and keeps it; switches the camera off and lets it go", async () => {
    const { media, told } = begin();
    await media.open({ audio: true, video: true });
    await media.setMicrophone(false);
    await media.setCamera(false);
    assertEquals(devices.given.map(({ readyState }) => readyState), ["live", "ended"]);
    assertEquals(media.state, state(false, false));
    await media.setMicrophone(true);
    await media.setCamera(true);
    assertEquals(devices.asked.length, 2, "only the camera is opened again");
    assertEquals(told.slice(2), [
      "microphone audio0",
      "camera off",
      "microphone audio0",
      "camera video2",
    ]);
  });

  it("does what is asked one after the other", async () => {
    const { media } = begin();
    await Promise.all([true, false, true, true].map((on) => media.setCamera(on)));
    assertEquals(devices.asked.length, 2);
    assertEquals(media.state, state(false, true));
    assertEquals(devices.given.map(({ readyState }) => readyState), ["ended", "live"]);
  });

  it("opens the new device before it lets go of the old one", async () => {
    const { media, told } = begin();
    await media.setCamera(true);
    await media.setCamera(true, { deviceId: "2" });
    assertEquals(devices.asked.at(-1), { video: { deviceId: "2" } });
    assertEquals(told, ["camera video0", "camera video1"]);
    assertEquals(devices.given.map(({ readyState }) => readyState), ["ended", "live"]);
  });

  it("lets go first where the system has room for one only", async () => {
    const { media, told } = begin();
    await media.setCamera(true);
    devices.failures = ["NotReadableError"];
    await media.setCamera(true, { facingMode: "user" });
    assertEquals(told, ["camera video0", "camera off", "camera video1"]);
  });

  it("does not ask again for what no device could meet", async () => {
    const { media } = begin();
    devices.failures.push("OverconstrainedError");
    await assertRejects(() => media.setCamera(true, { width: { exact: 9 } }), CallError);
    await media.setCamera(true);
    assertEquals(devices.asked.at(-1), { video: true });
    assertEquals(media.state, state(false, true));
  });

  it("keeps what it has when the new device fails", async () => {
    const { media } = begin();
    await media.setCamera(true);
    devices.failures = ["NotFoundError"];
    const error = await assertRejects(() => media.setCamera(true, { deviceId: "2" }), CallError);
    assertEquals(error.code, "device_not_found");
    assertEquals(media.state, state(false, true));
  });

  it("says what to do without permission, and works when it is given later", async () => {
    const { media } = begin();
    devices.failures = ["NotAllowedError"];
    const error = await assertRejects(() => media.setMicrophone(true), CallError);
    assertEquals(error.code, "permission_denied");
    await media.setMicrophone(true);
    assertEquals(media.state, state(true, false));
  });

  it("falls back to the default device when one is unplugged, still muted", async () => {
    const { media, told } = begin();
    await media.setMicrophone(true, { deviceId: "headset" });
    await media.setMicrophone(false);
    devices.given[0]!.unplug();
    await media.setCamera(false);
    assertEquals(devices.asked.at(-1), { audio: true });
    assertEquals(media.state, state(false, false));
    assertEquals(told.at(-1), "device_lost");
  });

  it("is off when an unplugged device has no stand-in", async () => {
    const { media, told } = begin();
    await media.setCamera(true);
    devices.failures = ["NotFoundError"];
    devices.given[0]!.unplug();
    await media.setMicrophone(false);
    assertEquals(told.slice(1), ["camera off", "device_lost"]);
  });

  it("shares the screen with its sound, and ends both in the browser's own bar", async () => {
    const { media, told } = begin();
    assertEquals(await media.shareScreen(true), true);
    assertEquals(media.state, state(false, false, true));
    devices.given.find(({ kind }) => kind === "video")!.unplug();
    assertEquals(told, ["screen video1", "screenAudio audio0", "screenAudio off", "screen off"]);
    assertEquals(devices.given.map(({ readyState }) => readyState), ["ended", "ended"]);
  });

  it("does not share what is chosen after sharing was ended", async () => {
    const { media } = begin();
    const sharing = media.shareScreen(true);
    await media.shareScreen(false);
    assertEquals(await sharing, false);
    assertEquals(devices.given.map(({ readyState }) => readyState), ["ended", "ended"]);
    assertEquals(media.state, state(false, false));
  });

  it("goes on with what is shared when the person chooses nothing else", async () => {
    const { media } = begin();
    await media.shareScreen(true);
    devices.failures = ["NotAllowedError"];
    assertEquals(await media.shareScreen(true), false);
    assertEquals(media.state.screen, true);
    await media.shareScreen(false);
    assertEquals(media.state.screen, false);
  });

  it("sends the application's own tracks, and never stops them", async () => {
    const { media, told } = begin();
    const [audio, video] = [new FakeTrack("audio", "a"), new FakeTrack("video", "v")];
    media.adopt(new FakeStream([audio, video]) as unknown as MediaStream);
    await media.setCamera(false);
    await media.setCamera(true);
    assertEquals(told, ["microphone a", "camera v", "camera off", "camera v"]);
    media.close();
    assertEquals([audio.readyState, video.readyState], ["live", "live"]);
    assertEquals(devices.asked, []);
  });

  it("stops what it opened when closed, also what is opened only then", async () => {
    const { media } = begin();
    await media.open({ audio: true, video: true });
    const late = media.setCamera(true, { deviceId: "2" });
    await Promise.resolve();
    media.close();
    const error = await assertRejects(() => late, CallError);
    assertEquals(error.code, "closed");
    assertEquals(devices.given.map(({ readyState }) => readyState), ["ended", "ended", "ended"]);
  });
});
