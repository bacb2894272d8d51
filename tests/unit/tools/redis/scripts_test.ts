import { createHash } from "node:crypto";
import { assertEquals, assertNotEquals } from "@std/assert";
import { Scripts, withoutFlag } from "../../../../tools/redis/scripts.ts";

const FLAGGED = "#!lua flags=allow-key-locking\nreturn 1";
const sha1 = (text: string) => createHash("sha1").update(text).digest("hex");

const SHEBANGS: [before: string, after: string][] = [
  ["#!lua flags=allow-key-locking\nreturn 1", "#!lua\nreturn 1"],
  ["#!lua flags=no-writes,allow-key-locking\n", "#!lua flags=no-writes\n"],
  ["#!lua flags=allow-key-locking,no-writes name=x", "#!lua flags=no-writes name=x"],
  ["#!lua flags=no-writes\nallow-key-locking", "#!lua flags=no-writes\nallow-key-locking"],
  ["-- flags=allow-key-locking\nreturn 1", "-- flags=allow-key-locking\nreturn 1"],
  ["return 'flags=allow-key-locking'", "return 'flags=allow-key-locking'"],
  ["", ""],
];

Deno.test("Upstash's flag is taken out of a script's first line, and out of nothing else", () => {
  for (const [before, after] of SHEBANGS) assertEquals(withoutFlag(before), after);
});

Deno.test("the digest of a script with the flag stands for the script without", () => {
  const scripts = new Scripts();
  const run = { name: "EVALSHA", args: [sha1(FLAGGED), "0"] };
  assertEquals(scripts.translate(run), run);
  scripts.translate({ name: "EVAL", args: [FLAGGED, "0"] });
  const stock = sha1("#!lua\nreturn 1");
  assertEquals(scripts.translate(run).args, [stock, "0"]);
  const exists = { name: "SCRIPT", args: ["EXISTS", sha1(FLAGGED), "other"] };
  assertEquals(scripts.translate(exists).args, ["EXISTS", stock, "other"]);
});

Deno.test("loading a script answers the digest of what was sent", () => {
  assertEquals(Scripts.digestOf({ name: "SCRIPT", args: ["load", FLAGGED] }), sha1(FLAGGED));
  assertEquals(Scripts.digestOf({ name: "SCRIPT", args: ["EXISTS", "x"] }), undefined);
});

Deno.test("a script that was not seen for long is forgotten, not kept for ever", () => {
  const scripts = new Scripts();
  const source = (index: number) => `${FLAGGED} + ${index}`;
  for (let i = 0; i < 1_001; i++) scripts.translate({ name: "EVAL", args: [source(i)] });
  const known = (index: number) =>
    scripts.translate({ name: "EVALSHA", args: [sha1(source(index))] }).args[0];
  assertEquals(known(0), sha1(source(0)));
  assertNotEquals(known(1), sha1(source(1)));
});
