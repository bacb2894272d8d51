import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { FakeTime } from "@std/testing/time";
import { ADAPT } from "../../../../client/adapt/policy.ts";
import type { AdaptationInfo, AdaptationSettings, TrackKind } from "../../../../client/api.ts";
import { Adaptation } from "../../../../client/care/adaptation.ts";
import type { Remote } from "../../../../client/remote.ts";
import { FakeConnection } from "./fake_connection.ts";

const AMPLE = 20_000_000;
/** Less than a voice and the least picture: a camera is paused. */
const THIN = 30_000;
const { steadyMs, plain, lean } = ADAPT.starved;

interface FakeRemote {
  id: string;
  stream: { getVideoTracks(): object[] };
  paused: boolean;
  shows: number;
  permissions: { subscribe: boolean };
}

/** A call with others in the room, to each of whom a connection stands. */
function adapted({ others = ["ada"], width = 640 } = {}) {
  const time = new FakeTime(0);
  Object.assign(globalThis, { document: { querySelectorAll: () => [] } });
  const track = (width: number) =>
    ({ getSettings: () => ({ width, frameRate: 30 }) }) as unknown as MediaStreamTrack;
  const participants = new Map<string, FakeRemote>();
  const connections = new Map<string, FakeConnection>();
  const said: [string, Record<string, unknown>][] = [];
  const shown: [string, boolean][] = [];
  const infos: AdaptationInfo[] = [];
  const added: string[] = [];
  let estimate = AMPLE;
  const mesh = {
    attempts: connections as ReadonlyMap<string, { pc: RTCPeerConnection }>,
    tracks: new Map<TrackKind, MediaStreamTrack>([
      ["microphone", track(0)],
      ["camera", track(width)],
    ]),
    isCameraHeld: false,
    addCamera: (id: string) => void added.push(id),
  };
  const call = {
    self: { media: { microphone: true, camera: true, screen: false } },
    roster: { participants: participants as unknown as ReadonlyMap<string, Remote> },
    mesh,
    transport: {} as { publishing?: RTCPeerConnection },
    way: { mode: "mesh" as "mesh" | "sfu", epoch: 1 },
    emitter: { emit: (_name: string, info: unknown) => void infos.push(info as AdaptationInfo) },
    wishes: { mode: "auto" } as AdaptationSettings,
    signal: (to: string, item: Record<string, unknown>) => void said.push([to, item]),
    show: ({ id, paused }: Remote) => void shown.push([id, paused]),
  };
  /** Packets of a voice; in silence there are none. */
  const voice = { type: "outbound-rtp", kind: "audio", packetsSent: 0, isSilent: false };
  const measure = ({ stats }: FakeConnection) => {
    stats.set("A", voice);
    stats.set("T", { type: "transport", selectedCandidatePairId: "P" });
    stats.set("P", { id: "P", type: "candidate-pair", availableOutgoingBitrate: estimate });
  };
  const sfu = new FakeConnection({ way: "sfu" });
  sfu.getTransceivers()[1]!.sender.track = track(width);
  const join = (id: string, connection = new FakeConnection()) => {
    const stream = { getVideoTracks: () => [] };
    participants.set(id, { id, stream, paused: false, shows: 0, permissions: { subscribe: true } });
    connections.set(id, connection);
    measure(connection);
    return connection;
  };
  for (const id of others) join(id);
  const adaptation = new Adaptation(call, () => Date.now());
  const pass = async (ms: number) => {
    for (let passed = 0; passed < ms; passed += ADAPT.intervalMs) {
      if (!voice.isSilent) voice.packetsSent += ADAPT.intervalMs / 20;
      time.tick(ADAPT.intervalMs);
      await time.runMicrotasks();
    }
  };
  return {
    adaptation,
    call,
    mesh,
    said,
    shown,
    infos,
    added,
    voice,
    /** All that is under way comes to its end. */
    settle: () => time.runMicrotasks(),
    connections,
    join,
    pass,
    leave: (id: string) => {
      adaptation.left(participants.get(id) as unknown as Remote);
      participants.delete(id);
      connections.delete(id);
    },
    remote: (id: string) => participants.get(id) as unknown as Remote,
    /** The uplink carries so much to each from now on; then it is looked for a while. */
    carries: async (bitrate: number, ms = 1_000) => {
      estimate = bitrate;
      for (const connection of [...connections.values(), sfu]) measure(connection);
      await pass(ms);
    },
    /** By an SFU from now on, or (`mesh`) no longer; everyone shows it. */
    moves: async (mode: "mesh" | "sfu") => {
      call.way = { mode, epoch: call.way.epoch + 1 };
      call.transport.publishing = mode === "sfu" ? sfu.pc : undefined;
      measure(sfu);
      for (const participant of participants.values()) participant.shows = call.way.epoch;
      await pass(ADAPT.intervalMs);
    },
    sfu,
    /** The application wants this, and the call stops or begins to send the camera. */
    wants: async (wishes: AdaptationSettings) => {
      call.wishes = wishes;
      if (wishes.mode === "audio_only") mesh.tracks.delete("camera");
      else mesh.tracks.set("camera", track(width));
      await pass(ADAPT.intervalMs);
    },
    /** Everyone says that our voice has not come through for so long. */
    starve: async (missedMs: number) => {
      for (const id of participants.keys()) adaptation.starved(id, missedMs);
      await time.runMicrotasks();
      await pass(ADAPT.intervalMs);
    },
    /** Whether a picture goes to somebody, as was asked for last. */
    hasPicture: (id: string) => connections.get(id)!.camera === "sendrecv",
    [Symbol.dispose]: () => {
      adaptation.close();
      time.restore();
      Reflect.deleteProperty(globalThis, "document");
    },
  };
}

type Said = [string, Record<string, unknown>][];
/** Who was told what of the camera, in order. */
const paused = (said: Said) => said.map(([id, item]) => [id, item.paused]);

describe("what a participant says", () => {
  it("is shown when its camera is paused, and when no longer", async () => {
    using call = adapted();
    for (const is of [true, true, false]) {
      call.adaptation.handle(call.remote("ada"), { paused: is });
      await call.pass(ADAPT.intervalMs);
    }
    assertEquals(call.shown, [["ada", true], ["ada", false]]);
  });

  it("is shown once, however often it has changed at the same time", async () => {
    using call = adapted();
    for (let i = 0; i < 1_001; i++) {
      call.adaptation.handle(call.remote("ada"), { paused: i % 2 === 0 });
    }
    await call.pass(ADAPT.intervalMs);
    assertEquals(call.shown, [["ada", true]]);
  });

  it("is ignored where it makes no sense", () => {
    using call = adapted();
    for (const item of [undefined, null, "paused", { paused: 1 }, { sees: -1 }, { sees: "640" }]) {
      call.adaptation.handle(call.remote("ada"), item);
    }
    assertEquals(call.shown, []);
  });

  it("makes its picture as small as it sees it", async () => {
    using call = adapted();
    call.adaptation.handle(call.remote("ada"), { sees: 160 });
    await call.pass(ADAPT.intervalMs);
    const { scaleResolutionDownBy } = call.connections.get("ada")!.last("camera") as {
      scaleResolutionDownBy: number;
    };
    assertEquals(scaleResolutionDownBy, 4);
  });
});

describe("a camera that is paused", () => {
  it("is told to each once, and once when it is no longer", async () => {
    using call = adapted({ others: ["ada", "bob"] });
    await call.pass(1_000);
    await call.carries(THIN, 5_000);
    assertEquals(paused(call.said), [["ada", true], ["bob", true]]);
    assertEquals([call.adaptation.info, call.infos.at(-1)], [
      { sending: "audio_only", reason: "uplink" },
      { sending: "audio_only", reason: "uplink" },
    ]);
    await call.carries(AMPLE, 30_000);
    assertEquals(paused(call.said).slice(2), [["ada", false], ["bob", false]]);
    assertEquals(call.adaptation.info, { sending: "full", reason: "none" });
  });

  it("is told again to somebody who has come back, and to nobody else", async () => {
    using call = adapted({ others: ["ada", "bob"] });
    await call.pass(1_000);
    await call.carries(THIN);
    call.leave("ada");
    call.join("ada");
    await call.pass(1_000);
    assertEquals(paused(call.said), [["ada", true], ["bob", true], ["ada", true]]);
  });

  it("is not sent to who comes, until there is room for it", async () => {
    using call = adapted();
    await call.pass(1_000);
    await call.carries(THIN);
    assertEquals(call.mesh.isCameraHeld, true);
    call.join("bob", new FakeConnection({ tracks: ["microphone"] }));
    await call.carries(AMPLE, 30_000);
    assertEquals([call.mesh.isCameraHeld, call.added.includes("bob")], [false, true]);
    assertEquals(call.added.includes("ada"), false);
  });

  it("is told to be so by the application, and not to be so when it wants it no longer", async () => {
    using call = adapted();
    await call.pass(1_000);
    await call.wants({ mode: "audio_only" });
    assertEquals(call.adaptation.info, { sending: "audio_only", reason: "forced" });
    await call.wants({ mode: "auto" });
    assertEquals(paused(call.said), [["ada", true], ["ada", false]]);
    assertEquals(call.adaptation.info, { sending: "full", reason: "none" });
  });

  it("is not so by the application's wish while it is off", async () => {
    using call = adapted();
    call.call.self.media = { microphone: true, camera: false, screen: false };
    await call.wants({ mode: "audio_only" });
    assertEquals([call.said, call.adaptation.info.reason], [[], "none"]);
  });

  it("is sent all the same where the application leaves it to the browser", async () => {
    using call = adapted();
    await call.wants({ mode: "off" });
    await call.carries(THIN, 5_000);
    assertEquals([call.said, call.infos, call.hasPicture("ada")], [[], [], true]);
  });

  it("is paused by an SFU too if the application wants it, and by it no longer once that shows", async () => {
    using call = adapted({ others: ["ada", "bob"] });
    await call.moves("sfu");
    call.remote("ada").shows = call.remote("bob").shows = 0;
    await call.wants({ mode: "audio_only" });
    assertEquals(paused(call.said), [["ada", true], ["bob", true]]);
    call.remote("ada").shows = 2;
    await call.wants({ mode: "auto" });
    assertEquals(paused(call.said).slice(2), [["ada", false]]);
    call.remote("bob").shows = 2;
    await call.pass(1_000);
    assertEquals(paused(call.said).slice(3), [["bob", false]]);
  });

  it("is so by an SFU too, and in the mesh again, until there is room", async () => {
    using call = adapted();
    await call.pass(1_000);
    await call.carries(THIN);
    for (const mode of ["sfu", "mesh", "sfu"] as const) {
      await call.moves(mode);
      await call.pass(1_000);
      assertEquals([call.mesh.isCameraHeld, paused(call.said)], [true, [["ada", true]]]);
    }
    assertEquals(call.sfu.camera, "inactive");
    await call.carries(AMPLE, 30_000);
    assertEquals(paused(call.said), [["ada", true], ["ada", false]]);
    assertEquals([call.sfu.camera, call.adaptation.info.sending], ["sendonly", "full"]);
  });

  it("is sent to an SFU in the sizes that the browser finds room for, if there is any for more than the least", async () => {
    using call = adapted();
    await call.moves("sfu");
    await call.carries(AMPLE);
    const sizes = () =>
      (call.sfu.last("camera") as RTCRtpEncodingParameters[])
        .flatMap(({ active, maxBitrate }) => active ? [maxBitrate] : []);
    const all = sizes();
    await call.carries(500_000, ADAPT.shortAfterMs + 2_000);
    assertEquals([call.adaptation.info.sending, sizes()], ["reduced", all]);
    await call.wants({ mode: "auto", maxBitrate: 500_000 });
    assertEquals(sizes().length, 1);
  });

  it("takes no more to an SFU than the application allows, in all its sizes and with the voice", async () => {
    using call = adapted({ width: 1_280 });
    await call.moves("sfu");
    await call.carries(AMPLE);
    for (const maxBitrate of [400_000, 800_000, 1_800_000, 5_000_000]) {
      await call.wants({ mode: "auto", maxBitrate });
      await call.pass(30_000);
      const sum = (call.sfu.last("camera") as RTCRtpEncodingParameters[])
        .reduce((sum, { active, maxBitrate }) => sum + (active ? maxBitrate! : 0), 0);
      const all = sum * ADAPT.overhead + ADAPT.voice.doubled;
      assertEquals([all <= maxBitrate, all >= maxBitrate / 4], [true, true], `${all}`);
    }
  });

  it("is begun to be sent to an SFU when there is room for it", async () => {
    using call = adapted();
    await call.pass(1_000);
    await call.carries(THIN);
    call.sfu.put("camera", false);
    await call.moves("sfu");
    await call.carries(AMPLE, 30_000);
    assertEquals(call.sfu.getTransceivers()[1]!.sender.track !== null, true);
  });

  it("is so for want of uplink to an SFU, whose mesh has room", async () => {
    using call = adapted({ others: ["ada", "bob"] });
    await call.moves("sfu");
    await call.carries(AMPLE);
    await call.carries(THIN, 5_000);
    assertEquals(paused(call.said), [["ada", true], ["bob", true]]);
    assertEquals(call.adaptation.info, { sending: "audio_only", reason: "uplink" });
  });

  it("is no longer so by the application's wish though nobody is there", async () => {
    using call = adapted({ others: [] });
    await call.wants({ mode: "audio_only" });
    assertEquals(call.adaptation.info, { sending: "audio_only", reason: "forced" });
    await call.wants({ mode: "auto" });
    assertEquals(call.adaptation.info, { sending: "full", reason: "none" });
  });
});

describe("a voice that does not come through", () => {
  it("has the picture held back for a moment, which is not told as paused", async () => {
    using call = adapted();
    await call.pass(steadyMs + 1_000);
    await call.starve(plain);
    assertEquals([call.hasPicture("ada"), call.mesh.isCameraHeld], [false, false]);
    await call.pass(2 * ADAPT.hold.mostMs);
    assertEquals(call.hasPicture("ada"), true);
    assertEquals([call.said, call.infos], [[], []]);
  });

  it("is not believed of some lost packets", async () => {
    using call = adapted();
    await call.pass(steadyMs + 1_000);
    await call.starve(plain - 1);
    assertEquals(call.hasPicture("ada"), true);
  });

  it("is believed later where its packets are longer", async () => {
    for (const [missedMs, isHeld] of [[plain, false], [lean, true]] as const) {
      using call = adapted();
      await call.pass(steadyMs + 1_000);
      // Enough for a small picture, beside which the voice is lean.
      await call.carries(120_000, 10_000);
      assertEquals(call.hasPicture("ada"), true);
      await call.starve(missedMs);
      assertEquals(call.hasPicture("ada"), !isHeld, `${missedMs} ms`);
    }
  });

  it("is not believed of a microphone that was just switched on, or off", async () => {
    using call = adapted();
    const microphone = call.mesh.tracks.get("microphone")!;
    for (const track of [undefined, microphone]) {
      await call.pass(steadyMs + 1_000);
      if (track === undefined) call.mesh.tracks.delete("microphone");
      else call.mesh.tracks.set("microphone", track);
      await call.pass(ADAPT.intervalMs);
      await call.starve(plain);
      assertEquals(call.hasPicture("ada"), true);
    }
  });

  it("is not believed of a voice that is silent, or was a moment ago: its browser sends next to nothing then", async () => {
    for (const sinceMs of [0, 200]) {
      using call = adapted();
      await call.pass(steadyMs + 1_000);
      call.voice.isSilent = true;
      await call.pass(600);
      call.voice.isSilent = false;
      await call.pass(sinceMs);
      await call.starve(plain);
      assertEquals(call.hasPicture("ada"), true, `${sinceMs} ms`);
    }
  });

  it("is believed by an SFU if most say so, of those who may hear it, whatever they say that they show", async () => {
    for (const [missing, hearing, isHeld] of [[1, 2, false], [2, 2, true], [1, 1, true]] as const) {
      using call = adapted({ others: ["ada", "bob"] });
      await call.moves("sfu");
      call.remote("bob").shows = 0;
      Object.assign(call.remote("bob").permissions, { subscribe: hearing === 2 });
      await call.pass(steadyMs + 1_000);
      for (const id of ["ada", "bob"].slice(0, missing)) call.adaptation.starved(id, plain);
      await call.pass(ADAPT.intervalMs);
      assertEquals(call.sfu.camera, isHeld ? "inactive" : "sendonly", `${missing} of ${hearing}`);
    }
  });

  it("is not looked at on the word of one among several, and at most once at a time on that of most", async () => {
    using call = adapted({ others: ["ada", "bob", "eve"] });
    // Without a picture there is none to hold back.
    call.mesh.tracks.delete("camera");
    await call.pass(steadyMs + 1_000);
    const connection = call.connections.get("ada")!;
    const before = connection.looks;
    for (const [id, count] of [["ada", 0], ["bob", 1], ["eve", 1]] as const) {
      call.adaptation.starved(id, plain);
      await call.settle();
      assertEquals(connection.looks - before, count, id);
    }
  });

  it("is not looked at while the voice is silent", async () => {
    using call = adapted();
    await call.pass(steadyMs + 1_000);
    call.voice.isSilent = true;
    await call.pass(600);
    const connection = call.connections.get("ada")!;
    const before = connection.looks;
    call.adaptation.starved("ada", plain);
    await call.settle();
    assertEquals(connection.looks, before);
  });

  it("is held back no longer in the mesh when media goes by an SFU", async () => {
    using call = adapted();
    await call.pass(steadyMs + 1_000);
    await call.starve(plain);
    assertEquals(call.hasPicture("ada"), false);
    await call.moves("sfu");
    assertEquals(call.hasPicture("ada"), true);
  });

  it("has nothing more asked of a connection that is closed", async () => {
    using call = adapted();
    await call.pass(steadyMs + 1_000);
    await call.starve(plain);
    const connection = call.connections.get("ada")!;
    connection.connectionState = "closed";
    const before = connection.asked.length;
    await call.moves("sfu");
    assertEquals(connection.asked.length, before);
  });

  it("is not believed for long", async () => {
    using call = adapted();
    // The picture has been held once, and is sent again.
    await call.pass(steadyMs + 1_000);
    await call.starve(plain);
    await call.pass(ADAPT.hold.ms + 2 * ADAPT.intervalMs);
    assertEquals(call.hasPicture("ada"), true);
  });
});
