import { assertEquals, assertRejects } from "@std/assert";
import { ensure, find, type Requirement } from "../../../tools/test/requirements.ts";

const DENO: Requirement = {
  name: "Something",
  variable: "MESHLIFT_TEST_SOMETHING",
  commands: ["meshlift-no-such-command", Deno.execPath()],
  packages: ["something"],
  otherwise: "get something",
};

Deno.test("a requirement is found among its names", async () => {
  assertEquals(await find(DENO), Deno.execPath());
  assertEquals(await ensure(DENO), Deno.execPath());
  assertEquals(await find({ ...DENO, commands: ["meshlift-no-such-command"] }), undefined);
});

Deno.test("the environment's word comes first, and a wrong one is an error", async () => {
  Deno.env.set(DENO.variable, "/no/such/path");
  try {
    assertEquals(await find(DENO), undefined);
    await assertRejects(() => ensure(DENO), Error, 'MESHLIFT_TEST_SOMETHING is "/no/such/path"');
  } finally {
    Deno.env.delete(DENO.variable);
  }
});

Deno.test("a requirement may be asked by other arguments than --version", async () => {
  assertEquals(await find({ ...DENO, check: ["eval", "Deno.exit(0)"] }), Deno.execPath());
  assertEquals(await find({ ...DENO, check: ["eval", "Deno.exit(1)"] }), undefined);
});

Deno.test("a requirement that must not be run counts when it is there and is a program", async () => {
  const text = new URL("../../../deno.json", import.meta.url).pathname;
  assertEquals(await find({ ...DENO, check: "is there" }), Deno.execPath());
  assertEquals(await find({ ...DENO, check: "is there", commands: [text] }), undefined);
  assertEquals(await find({ ...DENO, check: "is there", commands: ["/no/such"] }), undefined);
});
