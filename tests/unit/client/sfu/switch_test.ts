import { assert, assertEquals } from "@std/assert";
import { afterAll, beforeAll, describe, it } from "@std/testing/bdd";
import { FakeTime } from "@std/testing/time";
import { SFU, SWITCH } from "../../../../client/sfu/policy.ts";
import { FakeCall, type FakeReceiver, info, mesh, sfu, type Slots } from "./fake_call.ts";

const real = globalThis.MediaStream;
beforeAll(() => void Object.assign(globalThis, { MediaStream: class {} }));
afterAll(() => void Object.assign(globalThis, { MediaStream: real }));

const FRAME_MS = 50;

/** Lets time pass while these play. */
async function play(time: FakeTime, ms: number, ...receivers: (FakeReceiver | Slots)[]) {
  const all = receivers.flatMap((entry) => entry instanceof Map ? [...entry.values()] : [entry]);
  for (let passed = 0; passed < ms; passed += FRAME_MS) {
    for (const receiver of all) receiver.play();
    await time.tickAsync(FRAME_MS);
  }
}

/** In the mesh with `others`, and sent to an SFU that forwards them; nothing plays by it yet. */
async function promoted(time: FakeTime, others = ["a"]) {
  const call = new FakeCall({ others });
  call.go(sfu(2));
  const old = others.map((id) => call.byMesh.get(id)!);
  await play(time, 100, ...old);
  call.path.enter("connected");
  const fresh = others.map((id) => call.path.forward(id));
  await play(time, 100, ...old);
  return { call, old, fresh };
}

/** Promoted, and switched on both sides: the mesh is silent. */
async function settled(time: FakeTime, others = ["a"]) {
  const { call, old, fresh } = await promoted(time, others);
  await play(time, 300, ...old, ...fresh);
  for (const id of others) call.shows(id, 2);
  await play(time, SWITCH.staleMs + 200, ...fresh);
  return { call, fresh };
}

const kinds = (call: FakeCall, id: string) =>
  (["microphone", "camera", "screen"] as const).map((kind) => call.by(id, kind));

describe("Switch, from the mesh to an SFU", () => {
  it("builds the new path while the old one plays on", async () => {
    using time = new FakeTime();
    const { call } = await promoted(time);
    assertEquals(kinds(call, "a"), ["mesh", "mesh", "sfu1"], "what is off needs no waiting");
    assertEquals(call.mesh.peers.get("a"), true);
    assertEquals(call.said, []);
    assertEquals([...call.primed], ["sfu1 a microphone", "sfu1 a camera"]);
    call.switch.close();
  });

  it("shows each track by the new path when it plays, and says so when all do", async () => {
    using time = new FakeTime();
    const { call, old: [old], fresh: [fresh] } = await promoted(time);
    await play(time, SWITCH.sounds * FRAME_MS, old!, fresh!.get("microphone")!);
    assertEquals(kinds(call, "a"), ["sfu1", "mesh", "sfu1"]);
    assertEquals(call.said, []);
    await play(time, SWITCH.frames * FRAME_MS, old!, fresh!);
    assertEquals(kinds(call, "a"), ["sfu1", "sfu1", "sfu1"]);
    assertEquals(call.said, [["a", { shows: 2 }]]);
    assertEquals(call.primed.size, 0);
    call.switch.close();
  });

  it("never switches by a mere time-out while the old one delivers", async () => {
    using time = new FakeTime();
    const { call, old: [old] } = await promoted(time);
    await play(time, SWITCH.patienceMs * 3, old!);
    assertEquals(kinds(call, "a").slice(0, 2), ["mesh", "mesh"]);
    assertEquals(call.said, []);
    call.switch.close();
  });

  it("switches what neither path delivers, after a while", async () => {
    using time = new FakeTime();
    const { call } = await promoted(time);
    await time.tickAsync(SWITCH.patienceMs + SWITCH.staleMs);
    assertEquals(kinds(call, "a"), ["sfu1", "sfu1", "sfu1"]);
    call.switch.close();
  });

  it("stops sending on the mesh to each who has switched, and to nobody else", async () => {
    using time = new FakeTime();
    const { call, old, fresh } = await promoted(time, ["a", "b"]);
    await play(time, 300, ...old, ...fresh);
    assertEquals([...call.mesh.peers], [["a", true], ["b", true]]);
    call.shows("b", 2);
    assertEquals([...call.mesh.peers], [["a", true], ["b", false]]);
    call.shows("a", 2);
    assertEquals([...call.mesh.peers], [["a", false], ["b", false]]);
    call.switch.close();
  });

  it("stops sending on the mesh after a while to who never says that it has switched", async () => {
    using time = new FakeTime();
    const { call, old: [old], fresh: [fresh] } = await promoted(time);
    await play(time, SWITCH.oldPathMs - 500, old!, fresh!);
    assertEquals(call.mesh.peers.get("a"), true);
    await play(time, 1_000, fresh!);
    assertEquals(call.mesh.peers.get("a"), false);
    call.switch.close();
  });

  it("keeps the mesh warm in a small room, and closes it in a larger one", async () => {
    using time = new FakeTime();
    const others = ["a", "b", "c", "d", "e"];
    const { call, fresh } = await settled(time, others);
    assertEquals([...call.mesh.peers], others.map((id) => [id, false]));
    call.join("f");
    await play(time, 200, ...fresh);
    assertEquals([...call.mesh.peers], []);
    call.leave("f");
    await play(time, 200, ...fresh);
    assertEquals([...call.mesh.peers], others.map((id) => [id, false]));
    call.switch.close();
  });

  it("takes over what is switched on or off in the middle", async () => {
    using time = new FakeTime();
    const { call, old: [old], fresh: [fresh] } = await promoted(time);
    call.switch.setTrack("screen", { id: "display" } as MediaStreamTrack);
    assertEquals(call.path.sent, [["screen", "display"]]);
    assertEquals(call.mesh.tracks.get("screen")?.id, "display");
    // Their camera goes off, and their screen on, which has been switched already.
    call.update("a", { camera: false, screen: true });
    await play(time, 400, old!, fresh!.get("microphone")!);
    assertEquals(kinds(call, "a"), ["sfu1", "sfu1", "sfu1"]);
    assertEquals(call.said, [["a", { shows: 2 }]]);
    call.switch.close();
  });

  it("waits for the sound of a screen where it has some", async () => {
    using time = new FakeTime();
    const { call, old: [old], fresh: [fresh] } = await promotedWithScreen(time);
    await play(
      time,
      200,
      old!,
      ...["microphone", "camera", "screen"].map((kind) => fresh!.get(kind as never)!),
    );
    assertEquals(call.by("a", "screen"), "sfu1");
    assertEquals(call.by("a", "screenAudio"), "mesh");
    assertEquals(call.said, []);
    await play(time, 400, old!, fresh!);
    assertEquals(call.by("a", "screenAudio"), "sfu1");
    assertEquals(call.said, [["a", { shows: 2 }]]);
    call.switch.close();
  });

  it("takes somebody in who joins in the middle", async () => {
    using time = new FakeTime();
    const { call, old, fresh } = await promoted(time);
    call.join("b");
    await play(time, 100, ...old);
    assertEquals(call.by("b", "camera"), undefined);
    const b = call.path.forward("b");
    await play(time, 100, ...old);
    assertEquals(kinds(call, "b"), ["sfu1", "sfu1", "sfu1"], "there is nothing to lose");
    assertEquals(call.said, [["b", { shows: 2 }]]);
    await play(time, 300, ...old, ...fresh, b);
    assertEquals(call.said, [["b", { shows: 2 }], ["a", { shows: 2 }]]);
    call.switch.close();
  });

  it("forgets somebody who leaves in the middle", async () => {
    using time = new FakeTime();
    const { call, old, fresh } = await promoted(time, ["a", "b"]);
    call.leave("b");
    await play(time, 300, old[0]!, fresh[0]!);
    call.shows("a", 2);
    await play(time, 100, fresh[0]!);
    assertEquals([...call.mesh.peers], [["a", false]]);
    assertEquals(call.primed.size, 0);
    call.switch.close();
  });

  it("tells somebody again who comes back, under whichever id", async () => {
    using time = new FakeTime();
    const { call, fresh: [fresh] } = await settled(time);
    call.leave("a");
    call.join("a");
    await play(time, 100, fresh!);
    call.leave("a");
    call.join("a2");
    const again = call.path.forward("a2");
    await play(time, 100, again);
    assertEquals(call.said.map(([id]) => id), ["a", "a", "a2"]);
    call.switch.close();
  });

  it("begins at the SFU when it joins a call that is there", async () => {
    using time = new FakeTime();
    const call = new FakeCall({ way: sfu(7) });
    assertEquals(call.paths.length, 1);
    assertEquals([...call.mesh.peers], [["a", false]], "the mesh is only kept warm");
    call.path.enter("connected");
    const a = call.path.forward("a");
    await play(time, 100, a);
    assertEquals(kinds(call, "a"), ["sfu1", "sfu1", "sfu1"]);
    assertEquals(call.said, [["a", { shows: 7 }]]);
    assertEquals(call.connections, [["a", "connected"]]);
    call.switch.close();
  });

  it("keeps the mesh going that was used before all this was loaded, as any other", async () => {
    using time = new FakeTime();
    const call = new FakeCall({ late: sfu(2) });
    const old = call.byMesh.get("a")!;
    await play(time, 1_000, old);
    assertEquals(call.mesh.peers.get("a"), true, "the SFU is still connecting");
    call.path.enter("connected");
    const fresh = call.path.forward("a");
    await play(time, 400, old, fresh);
    assertEquals(kinds(call, "a"), ["sfu1", "sfu1", "sfu1"]);
    assertEquals(call.mesh.peers.get("a"), true, "a has not said that it shows the SFU's");
    call.shows("a", 2);
    assertEquals(call.mesh.peers.get("a"), false);
    call.switch.close();
  });

  it("does not wait for who may not publish, and tells nobody where it may not subscribe", async () => {
    using time = new FakeTime();
    const call = new FakeCall({ subscribe: false });
    call.remote("a").permissions = { ...info("a").permissions, publish: false };
    call.go(sfu(2));
    call.path.enter("connected");
    await time.tickAsync(200);
    assertEquals(call.said, []);
    call.switch.close();
  });
});

/** As {@linkcode promoted}, while somebody shares a screen with its sound. */
async function promotedWithScreen(time: FakeTime) {
  const call = new FakeCall({ others: ["a"] });
  call.update("a", { screen: true });
  call.go(sfu(2));
  const old = call.byMesh.get("a")!;
  await play(time, 100, old);
  call.path.enter("connected");
  const fresh = call.path.forward("a");
  await play(time, 100, old);
  return { call, old: [old], fresh: [fresh] };
}

describe("Switch, back and on", () => {
  it("comes back to a warm mesh without a new connection, when it plays", async () => {
    using time = new FakeTime();
    const { call, fresh: [fresh] } = await settled(time);
    const old = call.byMesh.get("a")!;
    call.go(mesh(3));
    assertEquals(call.mesh.peers.get("a"), true);
    await play(time, 300, fresh!);
    assertEquals(kinds(call, "a"), ["sfu1", "sfu1", "mesh"]);
    await play(time, 300, fresh!, old);
    assertEquals(kinds(call, "a"), ["mesh", "mesh", "mesh"]);
    assertEquals(call.said.at(-1), ["a", { shows: 3 }]);
    assert(!call.path.isClosed, "a still shows us by the SFU");
    assertEquals(call.path.sent, []);
    call.shows("a", 3);
    await play(time, 100, old);
    assert(call.path.isClosed);
    assertEquals(call.asked(), [{ op: "close" }]);
    call.switch.close();
  });

  it("keeps the SFU while it shows something itself, though all others have switched", async () => {
    using time = new FakeTime();
    const { call, fresh: [fresh] } = await settled(time);
    call.go(mesh(3));
    call.shows("a", 3);
    await play(time, 500, fresh!);
    assert(!call.path.isClosed);
    assertEquals(call.path.sent.filter(([, id]) => id === null).length, 4, "nothing is sent by it");
    await play(time, 300, fresh!, call.byMesh.get("a")!);
    assert(call.path.isClosed);
    call.switch.close();
  });

  it("waits for nobody who came after the path was left", async () => {
    using time = new FakeTime();
    const { call, fresh: [fresh] } = await settled(time);
    call.go(mesh(3));
    call.join("b");
    const b = call.meshStands("b");
    await play(time, 300, fresh!, call.byMesh.get("a")!, b);
    call.shows("a", 3);
    await play(time, 100, call.byMesh.get("a")!, b);
    assert(call.path.isClosed);
    call.switch.close();
  });

  it("builds connections to who came after the mesh was left", async () => {
    using time = new FakeTime();
    const others = ["a", "b", "c", "d", "e", "f"];
    const { call, fresh } = await settled(time, others);
    assertEquals(call.mesh.peers.size, 0);
    call.go(mesh(3));
    assertEquals([...call.mesh.peers.values()], others.map(() => true));
    const a = call.meshStands("a");
    await play(time, 300, ...fresh, a);
    assertEquals(kinds(call, "a"), ["mesh", "mesh", "mesh"]);
    assertEquals(kinds(call, "b"), ["sfu1", "sfu1", "sfu1"]);
    call.switch.close();
  });

  it("stays where it is when the topology goes back in the middle", async () => {
    using time = new FakeTime();
    const { call, old: [old], fresh: [fresh] } = await promoted(time);
    call.go(mesh(3));
    await play(time, 100, old!, fresh!);
    assertEquals(kinds(call, "a"), ["mesh", "mesh", "mesh"]);
    assertEquals(call.said, [["a", { shows: 3 }]]);
    call.shows("a", 3);
    await play(time, 100, old!);
    assert(call.path.isClosed);
    assertEquals(call.asked(), [{ op: "close" }]);
    call.switch.close();
  });

  it("goes from one SFU to another, and lets the first go at last", async () => {
    using time = new FakeTime();
    const { call, fresh: [first] } = await settled(time);
    call.go(sfu(3));
    const [one, two] = call.paths;
    await play(time, 100, first!);
    two!.enter("connected");
    const second = two!.forward("a");
    await play(time, 300, first!, second);
    assertEquals(kinds(call, "a"), ["sfu2", "sfu2", "sfu2"]);
    assertEquals(call.said.at(-1), ["a", { shows: 3 }]);
    assert(!one!.isClosed);
    call.shows("a", 3);
    await play(time, 100, second);
    assert(one!.isClosed);
    call.switch.close();
  });

  it("goes on to another SFU in the middle, past the one that was never shown", async () => {
    using time = new FakeTime();
    const { call, old: [old] } = await promoted(time);
    call.go(sfu(3));
    const [one, two] = call.paths;
    two!.enter("connected");
    const second = two!.forward("a");
    await play(time, 300, old!, second);
    assertEquals(kinds(call, "a"), ["sfu2", "sfu2", "sfu2"]);
    call.shows("a", 3);
    await play(time, 100, second);
    assert(one!.isClosed);
    assertEquals(call.mesh.peers.get("a"), false);
    call.switch.close();
  });

  it("goes to another SFU though the epoch is the same, as a store that has lost its last words has it", async () => {
    using time = new FakeTime();
    const { call, fresh: [first] } = await settled(time);
    const other = sfu(2);
    if (other.mode === "sfu") other.grant = { ...other.grant, sfu: "another" };
    call.go(other);
    call.go(other);
    assertEquals(call.paths.length, 2);
    call.path.enter("connected");
    const second = call.path.forward("a");
    await play(time, 300, first!, second);
    assertEquals(kinds(call, "a"), ["sfu2", "sfu2", "sfu2"]);
    assert(call.paths[0]!.isClosed);
    call.switch.close();
  });

  it("does not let a late track of an older path replace a newer one", async () => {
    using time = new FakeTime();
    const { call, fresh: [fresh] } = await settled(time);
    const late = call.meshStands("a");
    await play(time, 500, fresh!, late);
    assertEquals(kinds(call, "a"), ["sfu1", "sfu1", "sfu1"]);
    call.switch.close();
  });

  it("shows the older path again where it still plays and the newer one fails", async () => {
    using time = new FakeTime();
    const { call, old: [old], fresh: [fresh] } = await promoted(time);
    await play(time, 300, old!, fresh!);
    assertEquals(kinds(call, "a"), ["sfu1", "sfu1", "sfu1"]);
    call.path.enter("ended");
    await play(time, 300, old!);
    assertEquals(kinds(call, "a").slice(0, 2), ["mesh", "mesh"]);
    call.switch.close();
  });

  it("keeps the SFU's track where a connection of the mesh is lost in the middle", async () => {
    using time = new FakeTime();
    const { call, fresh: [fresh] } = await settled(time);
    call.go(mesh(3));
    await play(time, 300, fresh!, call.byMesh.get("a")!);
    assertEquals(call.by("a", "camera"), "mesh");
    call.mesh.events.connection("a", "reconnecting");
    await play(time, 300, fresh!);
    assertEquals(call.by("a", "camera"), "sfu1");
    const again = call.meshStands("a");
    await play(time, 300, fresh!, again);
    assertEquals(call.by("a", "camera"), "mesh");
    call.switch.close();
  });

  it("follows a service that has forgotten the call and counts anew", async () => {
    using time = new FakeTime();
    const { call, fresh: [fresh] } = await settled(time);
    call.go(mesh(1));
    await play(time, 300, fresh!, call.byMesh.get("a")!);
    assertEquals(call.by("a", "camera"), "mesh");
    assertEquals(call.said.at(-1), ["a", { shows: 1 }]);
    assert(!call.path.isClosed, "a has not said that it has switched, by the new count");
    call.shows("a", 1);
    await play(time, SWITCH.oldPathMs + 500, call.byMesh.get("a")!);
    assert(call.path.isClosed);
    call.switch.close();
  });
});

describe("Switch, when the SFU fails", () => {
  const states = (call: FakeCall) => call.reports().map(({ sfu }) => sfu?.state);

  it("says that it is connected", async () => {
    using time = new FakeTime();
    const { call } = await settled(time);
    assertEquals(call.reports(), [{ sfu: { epoch: 2, state: "connected" } }]);
    call.go(mesh(3));
    await time.tickAsync(1_500);
    assertEquals(call.reports().at(-1), {});
    call.switch.close();
  });

  it("says so when it cannot be reached, and goes on trying", async () => {
    using time = new FakeTime();
    const call = new FakeCall();
    call.go(sfu(2));
    await play(time, SFU.connectTimeoutMs + 100, call.byMesh.get("a")!);
    assertEquals(states(call), ["unreachable"]);
    await play(time, SFU.retry.baseMs + 200, call.byMesh.get("a")!);
    assertEquals(call.paths.length, 2);
    assert(call.paths[0]!.isClosed);
    assertEquals(call.by("a", "camera"), "mesh");
    call.path.enter("connected");
    assertEquals(states(call), ["unreachable", "connected"]);
    call.switch.close();
  });

  it("has patience while something goes on, but not for ever", async () => {
    using time = new FakeTime();
    const call = new FakeCall();
    call.go(sfu(2));
    for (let times = 0; times < 3; times++) {
      await play(time, SFU.connectTimeoutMs - 1_000, call.byMesh.get("a")!);
      assertEquals(states(call), times < 2 ? [] : ["unreachable"]);
      call.switch.handleFrame({ type: "sfu", epoch: 2, data: { op: "published", sdp: "" } });
    }
    call.switch.close();
  });

  it("says so in the same time however often it tries, whatever the SFU says", async () => {
    using time = new FakeTime();
    const call = new FakeCall();
    call.go(sfu(2));
    for (let passed = 0; passed < SFU.connectTimeoutMs * 2 - 1_000; passed += 1_000) {
      assertEquals(states(call), []);
      call.switch.handleFrame({ type: "sfu", epoch: 2, data: { op: "published", sdp: "" } });
      if (passed % 4_000 === 3_000) call.path.options.renew("again");
      await play(time, 1_000, call.byMesh.get("a")!);
    }
    await play(time, 1_100, call.byMesh.get("a")!);
    assert(call.paths.length > 2);
    assertEquals(states(call), ["unreachable"]);
    call.switch.close();
  });

  it("is not connected by standing for a moment", async () => {
    using time = new FakeTime();
    const call = new FakeCall();
    call.go(sfu(2));
    for (let passed = 0; passed < SFU.connectTimeoutMs; passed += 2_000) {
      await play(time, 1_000, call.byMesh.get("a")!);
      call.path.enter("connected");
      await play(time, 1_000, call.byMesh.get("a")!);
      call.path.enter("connecting");
    }
    assertEquals(states(call), ["connected", "unreachable"]);
    call.switch.close();
  });

  it("begins once more beside the old one when it ends, and then says so", async () => {
    using time = new FakeTime();
    const { call, fresh: [fresh] } = await settled(time);
    call.path.enter("ended");
    await time.tickAsync(SWITCH.idlePollMs);
    assertEquals(call.paths.length, 2);
    assertEquals(call.path.options.begin, "open");
    assertEquals(call.path.options.ticket, undefined);
    await play(time, 100, fresh!);
    assert(!call.paths[0]!.isClosed, "its last picture stands until there is another");
    call.path.enter("ended");
    await time.tickAsync(SWITCH.idlePollMs);
    assertEquals(states(call), ["connected", "unreachable"]);
    call.switch.close();
  });

  it("says that nothing comes any more though somebody sends, and that it flows again", async () => {
    using time = new FakeTime();
    const { call, fresh: [fresh] } = await settled(time);
    await time.tickAsync(SFU.stalledMs - 100);
    assertEquals(states(call), ["connected"]);
    await time.tickAsync(200);
    assertEquals(states(call), ["connected", "stalled"]);
    assertEquals(call.remote("a").connection, "reconnecting");
    await play(time, 200, fresh!);
    assertEquals(states(call), ["connected", "stalled", "connected"]);
    assertEquals(call.remote("a").connection, "connected");
    call.switch.close();
  });

  it("does not say so of a silence that began when the node had gone as well", async () => {
    using time = new FakeTime();
    const { call } = await settled(time);
    call.state = "reconnecting";
    await time.tickAsync(SFU.stalledMs + 100);
    call.state = "connected";
    call.report({ unreachable: undefined });
    await time.tickAsync(200);
    assertEquals(states(call), ["connected"]);
    call.switch.close();
  });

  it("leaves it to who has never been there to say that it cannot reach the SFU", async () => {
    using time = new FakeTime();
    const { call, old: [old] } = await promoted(time);
    await play(time, SFU.unprovenMs - 500, old!);
    assertEquals(states(call), ["connected"]);
    await play(time, 1_000, old!);
    assertEquals(states(call), ["connected", "stalled"]);
    const other = await promoted(time);
    other.call.shows("a", 2);
    await play(time, SFU.firstPacketMs + 200, other.old[0]!);
    assertEquals(states(other.call), ["connected", "stalled"]);
    call.switch.close();
    other.call.switch.close();
  });

  it("has more patience where there is only sound, which may be silence", async () => {
    using time = new FakeTime();
    const { call, fresh: [fresh] } = await settled(time);
    call.update("a", { camera: false });
    await play(time, 100, fresh!);
    await time.tickAsync(SFU.soundStalledMs - 300);
    assertEquals(states(call), ["connected"]);
    await time.tickAsync(500);
    assertEquals(states(call), ["connected", "stalled"]);
    call.switch.close();
  });

  it("does not call it stalled while packets come, or nobody sends", async () => {
    using time = new FakeTime();
    const { call } = await settled(time);
    for (let passed = 0; passed < 2_000; passed += 100) {
      call.path.packets++;
      await time.tickAsync(100);
    }
    call.update("a", { microphone: false, camera: false });
    await time.tickAsync(3_000);
    assertEquals(states(call), ["connected"]);
    call.switch.close();
  });

  it("makes its own connections anew when it stays stalled", async () => {
    using time = new FakeTime();
    const { call } = await settled(time);
    await time.tickAsync(SFU.stalledMs + SFU.renewStalledMs + 300);
    assertEquals(call.paths.length, 2);
    assertEquals(call.path.options.begin, "again");
    assertEquals(call.path.options.ticket, "ticket");
    // What the old ones still ask is not carried on.
    call.paths[0]!.options.ask({ op: "resubscribe" });
    call.path.options.ask({ op: "open" });
    assertEquals(call.asked(), [{ op: "open" }]);
    call.path.enter("connected");
    const fresh = call.path.forward("a");
    await play(time, 300, fresh);
    assertEquals(kinds(call, "a"), ["sfu2", "sfu2", "sfu2"]);
    assert(call.paths[0]!.isClosed);
    assertEquals(states(call), ["connected", "stalled", "connected"]);
    assertEquals(call.asked().length, 1, "the session goes on");
    call.switch.close();
  });

  it("leaves the path alone while the socket is away, and goes on with it after", async () => {
    using time = new FakeTime();
    const { call, fresh: [fresh] } = await settled(time);
    call.state = "reconnecting";
    await play(time, 5_000, fresh!);
    assertEquals(call.paths.length, 1);
    call.state = "connected";
    call.switch.refresh("broken");
    call.switch.handleFrame(welcome());
    assertEquals(call.path.resumes, 1);
    assertEquals(kinds(call, "a"), ["sfu1", "sfu1", "sfu1"]);
    call.switch.close();
  });

  it("makes everything anew beside the old where the session is gone after a resume", async () => {
    using time = new FakeTime();
    const { call, fresh: [fresh] } = await settled(time);
    call.path.options.renew("anew");
    assertEquals(call.path.options.begin, "anew");
    assertEquals(call.paths.length, 2);
    call.path.enter("connected");
    const again = call.path.forward("a");
    await play(time, 300, fresh!, again);
    assertEquals(kinds(call, "a"), ["sfu2", "sfu2", "sfu2"]);
    assert(call.paths[0]!.isClosed);
    call.switch.close();
  });

  it("takes the topology that it finds after a resume, whatever it has missed", async () => {
    using time = new FakeTime();
    const { call, fresh: [fresh] } = await settled(time);
    call.state = "reconnecting";
    await play(time, 500, fresh!);
    call.state = "connected";
    call.way = sfu(5);
    call.switch.handleFrame(welcome());
    assertEquals(call.paths.length, 2);
    assertEquals(call.paths[0]!.resumes, 0);
    call.path.enter("connected");
    const again = call.path.forward("a");
    await play(time, 300, fresh!, again);
    assertEquals(call.said.at(-1), ["a", { shows: 5 }]);
    call.switch.close();
  });

  it("does not count the time without a socket against the SFU", async () => {
    using time = new FakeTime();
    const call = new FakeCall();
    call.go(sfu(2));
    call.state = "reconnecting";
    await play(time, SFU.connectTimeoutMs * 2, call.byMesh.get("a")!);
    call.state = "connected";
    call.switch.handleFrame(welcome());
    await play(time, SFU.connectTimeoutMs - 500, call.byMesh.get("a")!);
    assertEquals(call.reports(), []);
    await play(time, 1_000, call.byMesh.get("a")!);
    assertEquals(states(call), ["unreachable"]);
    call.switch.close();
  });

  it("makes its connections anew when the network is another", async () => {
    using time = new FakeTime();
    const { call, fresh: [fresh] } = await settled(time);
    call.switch.refresh("all");
    assertEquals(call.mesh.refreshed, ["all"]);
    assertEquals(call.path.options.begin, "again");
    await play(time, 100, fresh!);
    assertEquals(kinds(call, "a"), ["sfu1", "sfu1", "sfu1"]);
    call.switch.close();
  });
});

describe("Switch, besides", () => {
  it("asks for no more of each picture than is seen of it, once", async () => {
    using time = new FakeTime();
    const { call, fresh } = await settled(time, ["a", "b"]);
    assertEquals(call.path.asked, [{ a: "low" }, { b: "low" }]);
    call.widths.set("a", 1_280);
    await play(time, 1_500, ...fresh);
    assertEquals(call.path.asked.slice(2), [{ a: "high" }]);
    call.switch.close();
  });

  it("hands frames to the path of their epoch", async () => {
    using time = new FakeTime();
    const { call } = await settled(time);
    call.go(sfu(3));
    const [one, two] = call.paths;
    const ended = { op: "ended", code: "ended", reason: "x" } as const;
    call.switch.handleFrame({ type: "sfu", epoch: 2, data: ended });
    call.switch.handleFrame({ type: "sfu", epoch: 3, data: { op: "published", sdp: "" } });
    call.switch.handleFrame({ type: "sfu", epoch: 9, data: ended });
    assertEquals(one!.told.map(({ op }) => op), ["ended"]);
    assertEquals(two!.told.map(({ op }) => op), ["published"]);
    call.switch.close();
  });

  it("says how loud each is by the path that is heard", async () => {
    using time = new FakeTime();
    const { call } = await promoted(time);
    assertEquals((await call.switch.levels()).remote.get("a"), 0.4);
    const { call: other } = await settled(time);
    assertEquals((await other.switch.levels()).remote.get("a"), 0.5);
    call.switch.close();
    other.switch.close();
  });

  it("leaves nothing behind when it is closed, by a listener too", async () => {
    using time = new FakeTime();
    const { call, fresh: [fresh] } = await promoted(time);
    call.mesh.events.connection = () => {};
    call.switch.close();
    await play(time, 1_000, fresh!);
    assert(call.mesh.isClosed);
    assert(call.path.isClosed);
    assertEquals(call.primed.size, 0);
    assertEquals(kinds(call, "a"), ["mesh", "mesh", "sfu1"]);
  });
});

function welcome() {
  return { type: "welcome" } as Parameters<FakeCall["switch"]["handleFrame"]>[0];
}
