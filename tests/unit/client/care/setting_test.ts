import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { stub } from "@std/testing/mock";
import { ADAPT } from "../../../../client/adapt/policy.ts";
import { Setting } from "../../../../client/care/adapt/setting.ts";

/** A setting that notes what it has applied, and what was reported of it. */
function setting() {
  const made = new Setting("plain");
  const applied: string[] = [];
  const refused = new Set<string>();
  const console_ = stub(console, "error");
  return {
    applied,
    /** What the browser does not take. */
    refused,
    reported: console_.calls,
    set: (wanted: string) =>
      made.set(wanted, () => {
        applied.push(wanted);
        return refused.has(wanted) ? Promise.reject(new Error(wanted)) : Promise.resolve();
      }),
    [Symbol.dispose]: () => console_.restore(),
  };
}

describe("a setting", () => {
  it("is left alone while it is as wanted", async () => {
    using voice = setting();
    for (const wanted of ["plain", "lean", "lean", "plain"]) await voice.set(wanted);
    assertEquals(voice.applied, ["lean", "plain"]);
  });

  it("is given up after some tries that failed, and that is reported once", async () => {
    using voice = setting();
    voice.refused.add("lean");
    for (let i = 0; i < ADAPT.tries + 3; i++) await voice.set("lean");
    assertEquals(voice.applied.length, ADAPT.tries);
    assertEquals(voice.reported.length, 1);
  });

  it("is tried again when something else has been wanted meanwhile", async () => {
    using voice = setting();
    voice.refused.add("lean");
    for (let i = 0; i < ADAPT.tries; i++) await voice.set("lean");
    voice.refused.clear();
    for (const wanted of ["doubled", "lean"]) await voice.set(wanted);
    assertEquals(voice.applied.slice(ADAPT.tries), ["doubled", "lean"]);
  });

  it("is set back after a failure, as nobody knows how it is", async () => {
    using voice = setting();
    voice.refused.add("lean");
    for (const wanted of ["lean", "plain", "plain"]) await voice.set(wanted);
    assertEquals(voice.applied, ["lean", "plain"]);
  });

  it("is not reported when a later try succeeds", async () => {
    using voice = setting();
    voice.refused.add("lean");
    await voice.set("lean");
    voice.refused.clear();
    for (let i = 0; i < ADAPT.tries; i++) await voice.set("lean");
    assertEquals([voice.applied, voice.reported.length], [["lean", "lean"], 0]);
  });
});
