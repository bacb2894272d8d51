import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { type Case, Suites } from "../../std/bdd_suites.ts";

interface Harness {
  suites: Suites;
  registered: Deno.TestDefinition[];
  log: string[];
  run: () => Promise<void>;
  pass: (name: string, only?: true) => Case;
}

function harness(): Harness {
  const registered: Deno.TestDefinition[] = [];
  const log: string[] = [];
  const context = {
    step: async (definition: Deno.TestStepDefinition) => {
      if (definition.ignore) log.push(`ignored ${definition.name}`);
      else await definition.fn(context as unknown as Deno.TestContext);
      return true;
    },
  };
  return {
    registered,
    log,
    suites: new Suites((definition) => registered.push(definition)),
    run: async () => {
      for (const { fn } of registered) await fn(context as unknown as Deno.TestContext);
    },
    pass: (name, only) => ({ name, ...(only && { only }), fn: () => void log.push(name) }),
  };
}

Deno.test("a focused test silences its siblings and focuses the groups round it", async () => {
  const { suites, registered, log, run, pass } = harness();
  suites.addSuite({
    name: "top",
    fn: () => {
      suites.addCase(pass("plain"));
      suites.addSuite({
        name: "inner",
        fn: () => {
          suites.addCase(pass("other"));
          suites.addCase(pass("focused", true));
        },
      });
    },
  });
  await run();
  assertEquals(registered.map(({ name, only }) => ({ name, only })), [{ name: "top", only: true }]);
  assertEquals(log, ["focused"]);
});

Deno.test("an ignored group is not entered", async () => {
  const { suites, registered, log, run, pass } = harness();
  suites.addSuite({
    name: "top",
    fn: () => {
      suites.addSuite({ name: "off", ignore: true, fn: () => suites.addCase(pass("x")) });
      suites.addCase(pass("on"));
    },
  });
  await run();
  assertEquals(registered.length, 1);
  assertEquals(log, ["ignored off", "on"]);
});

Deno.test("a hook outside any group is for all that follows", async () => {
  const { suites, registered, log, run, pass } = harness();
  suites.addHook("beforeEach", () => void log.push("before"));
  suites.addCase(pass("a"));
  suites.addCase(pass("b"));
  await run();
  assertEquals(registered.map(({ name }) => name), ["global"]);
  assertEquals(log, ["before", "a", "before", "b"]);
});

Deno.test("afterEach and afterAll run also when a test fails", async () => {
  const { suites, log, run } = harness();
  suites.addSuite({
    name: "top",
    afterEach: () => void log.push("afterEach"),
    afterAll: [() => void log.push("afterAll")],
    fn: () =>
      suites.addCase({
        name: "fails",
        fn: () => Promise.reject(new RangeError("meant")),
      }),
  });
  await assertRejects(run, RangeError, "meant");
  assertEquals(log, ["afterEach", "afterAll"]);
});

Deno.test("what comes too late or is no group is refused", async () => {
  const { suites, run, pass } = harness();
  assertThrows(() => suites.addCase(pass("x"), Symbol()), Error, "registered test suite");
  assertThrows(
    () => suites.addSuite({ name: "async", fn: () => Promise.resolve() as never }),
    Error,
    "defined synchronously",
  );
  suites.addCase({ name: "late", fn: () => suites.addCase(pass("x")) });
  assertThrows(() => suites.addHook("afterAll", () => {}), Error, "global hooks");
  await assertRejects(run, Error, "start running");
});
