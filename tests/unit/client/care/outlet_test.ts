import { assertEquals, assertStringIncludes } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { stub } from "@std/testing/mock";
import { ADAPT, VOICE } from "../../../../client/adapt/policy.ts";
import { Outlet, type Wanted } from "../../../../client/care/adapt/outlet.ts";
import { FakeConnection, type FakeConnectionOptions } from "./fake_connection.ts";

const FREE: Wanted = { voice: "plain", picture: "free", screen: undefined };
const SMALL = { maxBitrate: 40_000, scaleResolutionDownBy: 4, maxFramerate: 8 };
const VOICE_ONLY: Wanted = { ...FREE, voice: "lean", picture: undefined };

/** Until all has run that waits for nothing but itself. */
const settled = () => new Promise((resolve) => setTimeout(resolve, 0));

/** The outlet of a connection on which all is as at first: nothing that is asked for then is noted. */
async function outletOf(options?: FakeConnectionOptions) {
  const connection = new FakeConnection(options);
  const outlet = new Outlet(connection.pc);
  outlet.send(FREE);
  await settled();
  connection.asked.length = 0;
  const send = async (...all: Wanted[]) => {
    for (const wanted of all) outlet.send(wanted);
    await settled();
  };
  return { connection, outlet, send };
}

describe("what one connection sends", () => {
  it("is as the browser likes before anything is wanted", () => {
    const outlet = new Outlet(new FakeConnection().pc);
    assertEquals([outlet.voice, outlet.picture, outlet.hasSettled], ["plain", "free", false]);
  });

  it("does not count a screen that is not shared, nor its sound", async () => {
    const connection = new FakeConnection();
    const outlet = new Outlet(connection.pc);
    outlet.send(FREE);
    await settled();
    assertEquals(connection.asked, [
      ["screen", { active: false }],
      ["screenAudio", { active: false }],
    ]);
    assertEquals(outlet.hasSettled, true);
  });

  it("is not touched while the same is wanted", async () => {
    const { connection, send } = await outletOf();
    await send(FREE);
    await send({ ...FREE });
    assertEquals(connection.asked, []);
  });

  it("has a limited voice before the picture is taken out", async () => {
    const { connection, send } = await outletOf();
    await send(VOICE_ONLY);
    assertEquals(connection.order, ["microphone", "local offer", "remote answer"]);
    assertEquals(connection.last("microphone"), { active: true, maxBitrate: VOICE.lean.bitrate });
    assertEquals(connection.last("local offer"), "recvonly");
    const words = String(connection.last("remote answer"));
    assertStringIncludes(words, `a=ptime:${VOICE.lean.packetMs}`);
    assertStringIncludes(words.slice(words.indexOf("m=video")), "a=sendonly");
  });

  it("limits the picture before it is let in again, and frees the voice", async () => {
    const { connection, send } = await outletOf();
    await send(VOICE_ONLY);
    connection.asked.length = 0;
    await send({ ...FREE, picture: SMALL });
    assertEquals(connection.order, ["microphone", "camera", "local offer", "remote answer"]);
    assertEquals(connection.last("microphone"), { active: true });
    assertEquals(connection.last("camera"), { active: true, ...SMALL });
    assertEquals(connection.last("local offer"), "sendrecv");
    assertEquals(connection.last("remote answer"), connection.currentRemoteDescription.sdp);
  });

  it("has the far end answer, also where that has offered", async () => {
    const { connection, send } = await outletOf({ far: "offer" });
    await send(VOICE_ONLY);
    assertEquals(connection.order, ["microphone", "local offer", "remote answer"]);
    assertStringIncludes(String(connection.last("remote answer")), "a=setup:passive");
    assertEquals(connection.signalingState, "stable");
  });

  it("leaves the browser nothing to fill but the voice where there is no picture, until a screen is shared", async () => {
    const { connection, send } = await outletOf();
    const videos = () => String(connection.last("remote answer")).split(/^m=video/m).slice(1);
    await send(VOICE_ONLY);
    assertEquals(videos().map((video) => video.includes("a=sendonly")), [true, true]);
    await send({ ...VOICE_ONLY, screen: SMALL });
    assertEquals(videos().map((video) => video.includes("a=sendonly")), [true, false]);
  });

  it("has a doubled voice described, but not limited", async () => {
    const { connection, send } = await outletOf();
    await send({ ...FREE, voice: "doubled" });
    assertEquals(connection.order, ["local offer", "remote answer"]);
  });

  it("needs no description for a smaller picture, and none of its limits when that is free", async () => {
    const { connection, send } = await outletOf();
    await send({ ...FREE, picture: SMALL });
    await send(FREE);
    assertEquals(connection.asked, [
      ["camera", { active: true, ...SMALL }],
      ["camera", { active: true, scaleResolutionDownBy: 1 }],
    ]);
  });

  it("is a screen at its full size, whatever is wanted", async () => {
    const { connection, send } = await outletOf();
    connection.put("screen", true);
    await send({ ...FREE, screen: SMALL });
    const { maxBitrate, maxFramerate } = SMALL;
    assertEquals(connection.asked, [["screen", { active: true, maxBitrate, maxFramerate }]]);
  });

  it("is what was wanted last, once what was begun is done", async () => {
    const { connection, outlet, send } = await outletOf();
    await send({ ...FREE, picture: SMALL }, VOICE_ONLY, FREE);
    assertEquals(connection.order, ["camera", "camera"]);
    assertEquals([outlet.voice, outlet.picture], ["plain", "free"]);
  });

  it("is rolled back where the browser refuses the answer, and tried again", async () => {
    const { connection, send } = await outletOf();
    connection.refused.add("remote answer");
    await send(VOICE_ONLY);
    assertEquals(connection.order, [
      "microphone",
      "local offer",
      "remote answer",
      "local rollback",
    ]);
    assertEquals(connection.signalingState, "stable");
    connection.refused.clear();
    connection.asked.length = 0;
    await send(VOICE_ONLY);
    assertEquals(connection.order, ["local offer", "remote answer"]);
  });

  it("needs no rollback where the browser makes no offer", async () => {
    const { connection, send } = await outletOf();
    connection.refused.add("local offer");
    await send(VOICE_ONLY);
    assertEquals(connection.order, ["microphone", "local offer"]);
  });

  it("goes on as it is where the browser refuses it every time, until something else is wanted", async () => {
    using error = stub(console, "error");
    const { connection, send } = await outletOf();
    connection.refused.add("camera");
    for (let i = 0; i < ADAPT.tries + 2; i++) await send({ ...FREE, picture: SMALL });
    assertEquals([connection.order.length, error.calls.length], [ADAPT.tries, 1]);
    connection.refused.clear();
    await send(FREE);
    assertEquals(connection.last("camera"), { active: true, scaleResolutionDownBy: 1 });
  });

  it("is left alone while the connection is closed, or is being negotiated", async () => {
    for (const state of ["closed", "have-remote-offer"] as const) {
      const { connection, send } = await outletOf();
      connection.signalingState = state;
      await send(VOICE_ONLY);
      assertEquals(connection.asked, []);
    }
  });

  it("ends quietly when the connection is closed meanwhile", async () => {
    const { connection, outlet } = await outletOf();
    outlet.send(VOICE_ONLY);
    connection.signalingState = "closed";
    await settled();
    assertEquals([outlet.hasSettled, connection.signalingState], [true, "closed"]);
  });
});

describe("what a connection to an SFU sends", () => {
  async function toSfu() {
    const connection = new FakeConnection({ way: "sfu" });
    const outlet = new Outlet(connection.pc, "sfu");
    const send = async (wanted: Partial<Wanted>) => {
      connection.asked.length = 0;
      outlet.send({ ...FREE, voice: "doubled", ...wanted });
      await settled();
    };
    await send({});
    return { connection, send };
  }
  const active = (encodings: unknown) =>
    (encodings as RTCRtpEncodingParameters[]).flatMap(({ rid, active }) => active ? [rid] : []);

  it("is a doubled voice and all layers at first, which needs no other words", async () => {
    const { connection } = await toSfu();
    assertEquals(connection.order, ["screen", "screenAudio", "camera"]);
    assertEquals(active(connection.last("camera")), ["h", "m"]);
  });

  it("is a lean voice alone, in a section that goes nowhere", async () => {
    const { connection, send } = await toSfu();
    await send({ voice: "lean", picture: undefined });
    assertEquals(connection.last("local offer"), "inactive");
    const words = String(connection.last("remote answer"));
    assertStringIncludes(words, `a=ptime:${VOICE.lean.packetMs}`);
    assertStringIncludes(words.slice(words.indexOf("m=video")), "a=inactive");
  });

  it("has its layers limited before it is let in again, and described as they are", async () => {
    const { connection, send } = await toSfu();
    await send({ voice: "lean", picture: undefined });
    await send({ voice: "lean", picture: SMALL });
    assertEquals(connection.order, ["camera", "local offer", "remote answer"]);
    assertEquals(active(connection.last("camera")), ["m"]);
    assertEquals(connection.last("local offer"), "sendonly");
    assertStringIncludes(String(connection.last("remote answer")), "a=simulcast:recv ~h;m;~l");
  });

  it("has the layers settled anew when the camera is another", async () => {
    const { connection, send } = await toSfu();
    const track = { id: "other", getSettings: () => ({ width: 1_280 }) };
    connection.getTransceivers()[1]!.sender.replaceTrack(track);
    await send({});
    assertEquals(active(connection.last("camera")), ["h", "m", "l"]);
  });
});
