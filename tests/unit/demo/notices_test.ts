import { assertEquals, assertStrictEquals } from "@std/assert";
import { bannerOf } from "../../../client/demo/banner.ts";
import { type Notice, said, without } from "../../../client/demo/notice_list.ts";
import { isPaused, pauseText } from "../../../client/demo/own_camera.ts";

const PAUSED: Notice = { subject: "camera", text: "It is paused.", kind: "problem" };
const BACK: Notice = { subject: "camera", text: "It is back.", kind: "plain" };
const about = (subject: string): Notice => ({ subject, text: `Of ${subject}.`, kind: "plain" });

Deno.test("said: of each subject the latest alone", () => {
  const joined = about("ada");
  const shown = [PAUSED, joined, BACK, PAUSED, BACK].reduce(said, []);
  assertEquals(shown, [joined, BACK]);
});

Deno.test("said: what is said again stays as it is", () => {
  const shown = said([PAUSED], about("ada"));
  assertStrictEquals(said(shown, { ...PAUSED }), shown);
});

Deno.test("said: the oldest make room", () => {
  const shown = ["a", "b", "c", "d"].map(about).reduce(said, []);
  assertEquals(shown.map(({ subject }) => subject), ["b", "c", "d"]);
});

Deno.test("without: only what is of the subject goes", () => {
  const joined = about("ada");
  assertEquals(without([PAUSED, joined], "camera"), [joined]);
});

Deno.test("isPaused: a camera that is on, but not sent", () => {
  assertEquals(isPaused(true, { sending: "audio_only" }), true);
  assertEquals(isPaused(false, { sending: "audio_only" }), false);
  assertEquals(isPaused(true, { sending: "reduced" }), false);
  assertEquals(pauseText({ reason: "uplink" }) === pauseText({ reason: "forced" }), false);
});

Deno.test("bannerOf: says of the call only what is known", () => {
  const banner = (...connections: ("connected" | "reconnecting" | "failed")[]) =>
    bannerOf("reconnecting", connections.map((connection) => ({ connection })));
  const lost = "The connection to the service is lost. Trying again…";
  const gone = "Nobody can be reached: perhaps your network is gone. Trying again…";
  assertEquals(banner(), lost);
  assertEquals(banner("connected"), `${lost} You are still connected to the other person.`);
  assertEquals(
    banner("connected", "connected"),
    `${lost} You are still connected to everyone here.`,
  );
  assertEquals(
    banner("connected", "failed", "reconnecting"),
    `${lost} You are still connected to 1 of 3 people.`,
  );
  assertEquals(banner("reconnecting"), gone);
  assertEquals(banner("failed", "reconnecting"), gone);
});

Deno.test("bannerOf: there is none while the service is there, or the call over", () => {
  for (const state of ["connected", "closed"] as const) {
    assertEquals(bannerOf(state, [{ connection: "reconnecting" }]), undefined);
  }
});
