import { assert, assertEquals, assertNotStrictEquals, assertStrictEquals } from "@std/assert";
import { afterAll, beforeAll, describe, it } from "@std/testing/bdd";
import { FakeTime } from "@std/testing/time";
import { REJOIN_GRACE_MS } from "../../../client/policy.ts";
import { Remote } from "../../../client/remote.ts";
import { Roster } from "../../../client/roster.ts";
import { person, welcome } from "./fake_socket.ts";

/** As much of a MediaStream as the roster touches. */
class FakeStream {
  readonly log: string[] = [];
  readonly tracks = new Set<MediaStreamTrack>();
  addTrack(track: MediaStreamTrack): void {
    this.tracks.add(track);
    this.log.push(`+${track.id}`);
  }
  removeTrack(track: MediaStreamTrack): void {
    this.tracks.delete(track);
    this.log.push(`-${track.id}`);
  }
}

const undo: Disposable[] = [];
beforeAll(() => {
  const real = globalThis.MediaStream;
  Object.assign(globalThis, { MediaStream: FakeStream });
  undo.push({ [Symbol.dispose]: () => void Object.assign(globalThis, { MediaStream: real }) });
});
afterAll(() => undo.forEach((entry) => entry[Symbol.dispose]()));

const track = (id: string, muted = false) => ({ id, muted }) as MediaStreamTrack;
const receiver = (id: string) => ({ track: track(id) }) as RTCRtpReceiver;
const log = (stream: MediaStream) => (stream as unknown as FakeStream).log.join(" ");
const on = { microphone: true, camera: true, screen: false };

function begin() {
  const told: string[] = [];
  const roster = new Roster({
    added: ({ id }) => void told.push(`+${id}`),
    changed: ({ id }, returned) => void told.push(`${returned ? "<" : "~"}${id}`),
    unchanged: ({ id }) => void told.push(`=${id}`),
    left: ({ id }) => void told.push(`-${id}`),
  });
  return { roster, told };
}

describe("Roster", () => {
  it("adds, changes and removes as the node says", () => {
    const { roster, told } = begin();
    roster.welcome(welcome({ participants: [person("a")], version: 5 }));
    const a = roster.participants.get("a")!;
    roster.participant(person("b"), 6);
    roster.participant({ ...person("a"), state: "away" }, 7);
    roster.participant({ ...person("a"), state: "active" }, 8);
    roster.participant(person("a"), 9);
    roster.left("b", 10);
    assertEquals(told, ["+a", "+b", "~a", "<a", "=a", "-b"]);
    assertStrictEquals(roster.participants.get("a"), a);
  });

  it("tells what is only said again, as of who is back by another socket, from a change", () => {
    const { roster, told } = begin();
    roster.welcome(welcome({ participants: [person("a")], version: 5 }));
    roster.participant(person("a"), 6);
    roster.participant({ ...person("a"), attributes: { hand: "up" } }, 7);
    roster.participant(person("a"), 6);
    assertEquals(told, ["+a", "=a", "~a"]);
  });

  it("does not let old news undo new ones, and does not list oneself", () => {
    const { roster, told } = begin();
    roster.welcome(welcome({ self: person("me"), participants: [person("a")], version: 5 }));
    roster.left("a", 4);
    roster.participant(person("me"), 6);
    assertEquals(told, ["+a"]);
  });

  it("finds out from a welcome who came and who went while it was away", () => {
    const { roster, told } = begin();
    roster.welcome(welcome({ participants: [person("a"), person("b")] }));
    roster.welcome(welcome({ participants: [person("b"), person("c")], resumed: true }));
    assertEquals(told, ["+a", "+b", "-a", "=b", "+c"]);
  });

  it("waits for those whom a restarted node does not know, while their media flows", async () => {
    using time = new FakeTime();
    const { roster, told } = begin();
    roster.welcome(welcome({ participants: [person("a"), person("b"), person("c")] }));
    for (const id of ["a", "b"]) roster.participants.get(id)!.connection = "connected";
    roster.welcome(welcome());
    assertEquals(told.slice(3), ["~a", "~b", "-c"]);
    assertEquals(roster.participants.get("a")!.state, "away");
    roster.participant(person("a"), 2);
    await time.tickAsync(REJOIN_GRACE_MS);
    assertEquals(told.slice(6), ["<a", "-b"]);
  });

  it("makes a new object of who comes back after leaving", () => {
    const { roster } = begin();
    roster.welcome(welcome({ participants: [person("a")] }));
    const before = roster.participants.get("a");
    roster.left("a", 2);
    roster.participant(person("a"), 3);
    assertNotStrictEquals(roster.participants.get("a"), before);
  });
});

describe("Remote", () => {
  it("shows what arrives only while it is said to be on", () => {
    const remote = new Remote(person("a"));
    remote.arrive("camera", receiver("c1"));
    assertEquals(remote.show(), []);
    assert(remote.update({ ...person("a"), media: on }));
    assertEquals(remote.show().map(({ kind, track }) => [kind, track?.id]), [["camera", "c1"]]);
    remote.update(person("a"));
    assertEquals(remote.show(), [{ kind: "camera", track: null }]);
    assertEquals(log(remote.stream), "+c1 -c1");
  });

  it("removes the old track before it adds the new one", () => {
    const remote = new Remote({ ...person("a"), media: on });
    remote.arrive("microphone", receiver("m1"));
    remote.show();
    remote.arrive("microphone", receiver("m2"));
    assertEquals(remote.show().length, 1);
    assertEquals(log(remote.stream), "+m1 -m1 +m2");
  });

  it("shows nothing of who may not publish, whatever is sent", () => {
    const { permissions } = person("a");
    const remote = new Remote({
      ...person("a"),
      media: on,
      permissions: { ...permissions, publish: false },
    });
    remote.arrive("camera", receiver("c1"));
    assertEquals(remote.show(), []);
  });

  it("shows the sound of a screen from its first packet on", () => {
    const remote = new Remote({ ...person("a"), media: { ...on, screen: true } });
    remote.arrive("screen", receiver("s1"));
    const sound = { id: "a1", muted: true };
    remote.arrive("screenAudio", { track: sound } as RTCRtpReceiver);
    assertEquals(remote.show().map(({ kind }) => kind), ["screen"]);
    sound.muted = false;
    assertEquals(remote.show().map(({ kind }) => kind), ["screenAudio"]);
    assertEquals(log(remote.screen), "+s1 +a1");
  });

  it("is empty when it has left", () => {
    const remote = new Remote({ ...person("a"), media: on });
    remote.arrive("camera", receiver("c1"));
    remote.show();
    remote.clear();
    assertEquals(log(remote.stream), "+c1 -c1");
  });
});
