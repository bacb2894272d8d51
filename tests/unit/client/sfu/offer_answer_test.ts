import { assertEquals } from "@std/assert";
import { afterAll, beforeAll, describe, it } from "@std/testing/bdd";
import { FakeTime } from "@std/testing/time";
import type { SfuAsk, SfuSlot } from "../../../../lib/protocol.ts";
import { OfferAnswer } from "../../../../client/sfu/offer_answer.ts";
import type { SfuOptions } from "../../../../client/sfu/path.ts";
import { SFU } from "../../../../client/sfu/policy.ts";

/** As much of an RTCPeerConnection as a path to an SFU touches. */
class FakeConnection extends EventTarget {
  static made: FakeConnection[] = [];
  connectionState = "new";
  localDescription: { sdp: string } | null = null;
  remote: string[] = [];
  candidates: unknown[] = [];
  transceivers: FakeTransceiver[] = [];

  constructor() {
    super();
    FakeConnection.made.push(this);
  }
  addTransceiver(trackOrKind: unknown, init: RTCRtpTransceiverInit): FakeTransceiver {
    const transceiver = new FakeTransceiver(String(this.transceivers.length), trackOrKind, init);
    this.transceivers.push(transceiver);
    return transceiver;
  }
  getTransceivers() {
    return this.transceivers;
  }
  setLocalDescription() {
    const offer = this.remote.at(-1);
    this.localDescription = { sdp: offer === undefined ? "our offer" : `answer to ${offer}` };
    return Promise.resolve();
  }
  setRemoteDescription({ type, sdp }: { type: string; sdp: string }) {
    this.remote.push(sdp);
    // What an SFU offers: as many sections as there are words.
    if (type === "offer") {
      const words = sdp.split(" ");
      while (this.transceivers.length < words.length) this.addTransceiver("audio", {});
    }
    return Promise.resolve();
  }
  addIceCandidate(candidate: unknown) {
    this.candidates.push(candidate);
    return Promise.resolve();
  }
  close() {
    this.connectionState = "closed";
  }
  enter(state: string) {
    this.connectionState = state;
    this.dispatchEvent(new Event("connectionstatechange"));
  }
}

class FakeTransceiver {
  readonly sent: unknown[] = [];
  readonly receiver: unknown;
  readonly sender = {
    track: null as unknown,
    replaceTrack: (track: unknown) => {
      this.sender.track = track;
      this.sent.push(track);
      return Promise.resolve();
    },
    getParameters: () => ({ encodings: structuredClone(this.init.sendEncodings ?? []) }),
    setParameters: ({ encodings }: { encodings: RTCRtpEncodingParameters[] }) => {
      this.init.sendEncodings = encodings;
      return Promise.resolve();
    },
  };
  constructor(
    readonly mid: string,
    readonly trackOrKind: unknown,
    readonly init: RTCRtpTransceiverInit,
  ) {
    this.receiver = `receiver ${mid}`;
  }
}

const real = {
  RTCPeerConnection: globalThis.RTCPeerConnection,
  RTCRtpSender: globalThis.RTCRtpSender,
  MediaStream: globalThis.MediaStream,
};
beforeAll(() =>
  void Object.assign(globalThis, {
    RTCPeerConnection: FakeConnection,
    RTCRtpSender: class {},
    MediaStream: class {},
  })
);
afterAll(() => void Object.assign(globalThis, real));

const camera = (width: number) =>
  ({ kind: "video", contentHint: "", getSettings: () => ({ width }) }) as MediaStreamTrack;

/** A path whose SFU is the test. */
function begin(options: Partial<SfuOptions> = {}) {
  FakeConnection.made = [];
  const asked: SfuAsk[] = [];
  const renewed: string[] = [];
  let changes = 0;
  const history: SfuOptions["history"] = options.history ?? { offered: new Set(), asked: [] };
  const path = new OfferAnswer({
    history,
    begin: "open",
    publish: true,
    subscribe: true,
    iceServers: [],
    tracks: new Map([["camera", camera(1_280)]]),
    ask: (ask) => asked.push(ask) > 0,
    check: () => {},
    offering: () => {},
    changed: () => void changes++,
    renew: (begin) => void renewed.push(begin),
    ...options,
  });
  return { path, asked, renewed, history, changes: () => changes, made: FakeConnection.made };
}

/** Lets promises that are settled have their say. */
async function turns() {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
}

const slot = (mid: string, participant: string, kind: SfuSlot["kind"]): SfuSlot => ({
  mid,
  participant,
  kind,
});
const ops = (asked: SfuAsk[]) => asked.map(({ op }) => op);

/** Both connections stand. */
async function connected(options: Partial<SfuOptions> = {}) {
  const begun = begin(options);
  const { path, made } = begun;
  path.handle({ op: "opened", ticket: "t", resumed: false });
  await turns();
  path.handle({ op: "published", sdp: "their answer" });
  path.handle({ op: "offer", number: 7, sdp: "one", slots: [slot("0", "a", "microphone")] });
  await turns();
  for (const pc of made) pc.enter("connected");
  return begun;
}

describe("OfferAnswer", () => {
  it("opens a session, and then offers a section for each kind of track, in their order", async () => {
    const { path, asked, made } = begin();
    assertEquals(asked, [{ op: "open", ticket: undefined }]);
    assertEquals(path.state, "connecting");
    path.handle({ op: "opened", ticket: "t", resumed: false });
    await turns();
    assertEquals(asked.slice(1), [{ op: "publish", sdp: "our offer" }]);
    const [pc] = made;
    assertEquals(
      pc!.transceivers.map(({ trackOrKind, init }) => [
        typeof trackOrKind === "string" ? trackOrKind : "camera",
        init.direction,
      ]),
      [["audio", "sendonly"], ["camera", "sendonly"], ["video", "sendonly"], ["audio", "sendonly"]],
    );
    const streams = pc!.transceivers.map(({ init }) => init.streams![0]);
    assertEquals([streams[0] === streams[1], streams[2] === streams[3]], [true, true]);
    assertEquals(streams[0] === streams[2], false);
    assertEquals(
      pc!.transceivers[1]!.init.sendEncodings!.map(({ rid, active }) => [rid, active]),
      [["h", true], ["m", true], ["l", true]],
    );
    assertEquals(path.ticket, "t");
    path.close();
  });

  it("has a screen sent to be read, one that is shared already and one that is swapped", async () => {
    const [first, second] = [camera(1_920), camera(1_920)];
    const { path } = await connected({ tracks: new Map([["screen", first]]) });
    path.send("screen", second);
    assertEquals([first.contentHint, second.contentHint], ["detail", "detail"]);
    path.close();
  });

  it("sends a camera in its usual sizes at once, and none in more than it is limited to", async () => {
    const { path, made } = await connected({ tracks: new Map() });
    const { init } = made[0]!.transceivers[1]!;
    const sizes = () => init.sendEncodings!.flatMap(({ active, rid }) => active ? [rid] : []);
    assertEquals(sizes(), ["h", "m"]);
    for (const width of [1_280, 320]) {
      path.send("camera", camera(width));
      await turns();
      assertEquals(sizes(), width === 320 ? ["h"] : ["h", "m", "l"]);
    }
    const limited = [{ rid: "h", active: true, maxBitrate: 40_000, maxFramerate: 8 }];
    init.sendEncodings = limited;
    path.send("camera", camera(1_280));
    await turns();
    assertEquals(init.sendEncodings, limited);
    path.close();
  });

  it("is connected when all connections that there are stand", async () => {
    const { path, made } = await connected();
    assertEquals(path.state, "connected");
    assertEquals(made.length, 2);
    assertEquals([...path.arrivals.get("a")!], [["microphone", "receiver 0"]] as never);
    path.close();
    assertEquals(made.map(({ connectionState }) => connectionState), ["closed", "closed"]);
    assertEquals(path.state, "ended");
  });

  it("takes nothing that would not be encrypted, and makes its connections anew", async () => {
    const check = (sdp: string) => {
      if (sdp.startsWith("plain")) throw new Error("refused");
    };
    const { path, renewed, made } = begin({ check });
    path.handle({ op: "opened", ticket: "t", resumed: false });
    await turns();
    path.handle({ op: "published", sdp: "plain answer" });
    path.handle({ op: "offer", number: 1, sdp: "plain offer", slots: [] });
    await turns();
    assertEquals(renewed, ["again", "again"]);
    assertEquals(made.map(({ remote }) => remote), [[], []]);
    path.close();
  });

  it("sends nothing where it may not, and is connected without", () => {
    const { path, asked, made } = begin({ publish: false });
    assertEquals(path.state, "connecting");
    path.handle({ op: "opened", ticket: "t", resumed: false });
    assertEquals(path.state, "connected");
    assertEquals([made.length, ops(asked)], [0, ["open"]]);
    path.close();
  });

  it("keeps candidates that come before what they belong to", async () => {
    const { path, made } = begin({ publish: false });
    path.handle({ op: "opened", ticket: "t", resumed: false });
    const candidate = { candidate: "c", sdpMid: "0" };
    path.handle({ op: "candidate", of: "subscribe", candidate });
    path.handle({ op: "offer", number: 1, sdp: "one", slots: [] });
    path.handle({ op: "candidate", of: "subscribe", candidate: null });
    await turns();
    assertEquals(made.length, 1);
    assertEquals(made[0]!.candidates, [candidate, undefined]);
    path.close();
  });

  it("takes the slots of each offer as the whole truth, and answers each in its turn", async () => {
    const { path, asked } = await connected();
    path.handle({
      op: "offer",
      number: 8,
      sdp: "one two",
      slots: [
        slot("0", "b", "microphone"),
        slot("1", "b", "screenAudio"),
        slot("9", "c", "camera"),
      ],
    });
    path.handle({ op: "offer", number: 9, sdp: "one two", slots: [slot("1", "c", "microphone")] });
    await turns();
    assertEquals(
      asked.flatMap((ask) => ask.op === "answer" ? [[ask.number, ask.sdp]] : []),
      [[7, "answer to one"], [8, "answer to one two"], [9, "answer to one two"]],
    );
    assertEquals([...path.arrivals.keys()], ["c"]);
    assertEquals([...path.arrivals.get("c")!.values()], ["receiver 1"] as never);
    path.close();
  });

  it("repeats the answer to an offer that is said again", async () => {
    const { path, asked, made } = await connected();
    path.handle({ op: "offer", number: 7, sdp: "one", slots: [] });
    await turns();
    assertEquals(asked.filter(({ op }) => op === "answer").length, 2);
    assertEquals(made[1]!.remote, ["one"]);
    assertEquals(path.arrivals.size, 1);
    path.close();
  });

  it("goes on with its session on another socket, and makes anew only what is broken", async () => {
    const { path, asked, renewed } = await connected();
    path.resume();
    assertEquals(asked.at(-1), { op: "open", ticket: "t" });
    path.handle({ op: "opened", ticket: "t2", resumed: true });
    assertEquals([renewed, path.ticket], [[], "t2"]);
    path.handle({ op: "opened", ticket: "t3", resumed: false });
    assertEquals(renewed, ["anew"]);
    path.close();
    const half = begin();
    half.path.handle({ op: "opened", ticket: "t", resumed: false });
    half.path.resume();
    half.path.handle({ op: "opened", ticket: "t", resumed: true });
    assertEquals(half.renewed, ["again"]);
    half.path.close();
  });

  it("makes new connections in a session that is there", async () => {
    const { path, asked } = begin({ begin: "again", ticket: "t" });
    await turns();
    assertEquals(ops(asked).sort(), ["publish", "resubscribe"]);
    path.close();
    const anew = begin({ begin: "anew", ticket: "t", tracks: new Map() });
    await turns();
    assertEquals(ops(anew.asked), ["publish"]);
    anew.path.close();
  });

  it("asks for its session again when there is no word of it, on another socket too", async () => {
    using time = new FakeTime();
    const { path, asked } = begin();
    await time.tickAsync(SFU.openAgainMs * 2);
    assertEquals(ops(asked), ["open", "open", "open"]);
    path.handle({ op: "opened", ticket: "t", resumed: false });
    await time.tickAsync(SFU.openAgainMs * 2);
    assertEquals(ops(asked).slice(3), ["publish"]);
    path.resume();
    await time.tickAsync(SFU.openAgainMs);
    assertEquals(asked.slice(4), [{ op: "open", ticket: "t" }, { op: "open", ticket: "t" }]);
    path.handle({ op: "opened", ticket: "t", resumed: true });
    path.resume();
    path.close();
    await time.tickAsync(SFU.openAgainMs);
    assertEquals(asked.length, 7);
  });

  it("leaves an answer alone that is for the connections before", async () => {
    const one = begin();
    one.path.handle({ op: "opened", ticket: "t", resumed: false });
    await turns();
    const { history } = one;
    const two = begin({ begin: "again", ticket: "t", history });
    two.path.handle({ op: "published", sdp: "for the first" });
    await turns();
    two.path.handle({ op: "published", sdp: "for the second" });
    two.path.handle({ op: "published", sdp: "for nobody" });
    await turns();
    assertEquals(two.made[0]!.remote, ["for the second"]);
    assertEquals(two.renewed, []);
    one.path.close();
    two.path.close();
  });

  it("waits for no answer that was lost with a socket, nor for one to what was never sent", async () => {
    const one = begin();
    one.path.handle({ op: "opened", ticket: "t", resumed: false });
    await turns();
    one.path.resume();
    one.path.handle({ op: "opened", ticket: "t", resumed: true });
    const { history } = one;
    const away = begin({ begin: "again", ticket: "t", history, ask: () => false });
    const two = begin({ begin: "again", ticket: "t", history });
    await turns();
    two.path.handle({ op: "published", sdp: "for the second" });
    await turns();
    assertEquals(two.made[0]!.remote, ["for the second"]);
    for (const { path } of [one, away, two]) path.close();
  });

  it("leaves an offer of a connection alone that was another path's", async () => {
    const history = { offered: new Set<string>(), asked: [] };
    const offer = (number: number, of: string) => ({
      op: "offer" as const,
      number,
      sdp: `a=ice-ufrag:${of}`,
      slots: [],
    });
    const one = begin({ publish: false, history });
    one.path.handle({ op: "opened", ticket: "t", resumed: false });
    one.path.handle(offer(1, "old"));
    await turns();
    const two = begin({ begin: "again", publish: false, history });
    two.path.handle(offer(2, "old"));
    two.path.handle(offer(3, "new"));
    two.path.handle(offer(4, "new"));
    await turns();
    assertEquals(two.made.map(({ remote }) => remote.length), [2]);
    assertEquals(two.asked.flatMap((ask) => ask.op === "answer" ? [ask.number] : []), [3, 4]);
    one.path.close();
    two.path.close();
  });

  it("takes another connection of the SFU's in place of the one that was offered before", async () => {
    const { path, made } = begin({ begin: "again", publish: false });
    for (const [number, of] of [[1, "first"], [2, "second"]] as const) {
      path.handle({ op: "offer", number, sdp: `a=ice-ufrag:${of}`, slots: [] });
    }
    await turns();
    assertEquals(made.map(({ connectionState }) => connectionState), ["closed", "new"]);
    assertEquals(made[1]!.remote, ["a=ice-ufrag:second"]);
    path.close();
  });

  it("asks to be made anew when it cannot take an offer", async () => {
    const { path, renewed, made } = await connected();
    made[1]!.setRemoteDescription = () => Promise.reject(new Error("another order of sections"));
    path.handle({ op: "offer", number: 8, sdp: "one two", slots: [] });
    await turns();
    assertEquals(renewed, ["again"]);
    path.close();
  });

  it("asks to be made anew when a connection fails, or stays disconnected", async () => {
    using time = new FakeTime();
    const { path, renewed, made } = await connected();
    made[1]!.enter("disconnected");
    await time.tickAsync(SFU.disconnectedMs - 1);
    made[1]!.enter("connected");
    await time.tickAsync(5_000);
    assertEquals([renewed, path.state], [[], "connected"]);
    made[1]!.enter("disconnected");
    await time.tickAsync(SFU.disconnectedMs);
    assertEquals([renewed, path.state], [["again"], "broken"]);
    made[0]!.enter("failed");
    assertEquals(renewed, ["again", "again"]);
    path.close();
  });

  it("is over when the SFU says so", async () => {
    const { path, changes } = await connected();
    const before = changes();
    path.handle({ op: "ended", code: "ended", reason: "x" });
    assertEquals([path.state, changes() - before], ["ended", 1]);
    path.resume();
    path.close();
  });
});
