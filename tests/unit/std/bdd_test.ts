import { assertEquals } from "@std/assert";
import { afterAll, afterEach, beforeAll, beforeEach, describe, it, test } from "@std/testing/bdd";

const log: string[] = [];

interface Context {
  outer?: string;
  inner?: string;
}

describe("bdd", () => {
  beforeAll<Context>(function () {
    this.outer = "outer";
    log.push("beforeAll");
  });
  beforeEach(() => void log.push("beforeEach"));
  afterEach(() => void log.push("afterEach"));
  afterAll(() => void log.push("afterAll"));

  it("hands the context of beforeAll to tests", function (this: Context) {
    log.push("first");
    assertEquals(this.outer, "outer");
    this.outer = "changed";
  });

  it("gives each test a context of its own", function (this: Context, t) {
    assertEquals(this.outer, "outer");
    assertEquals(t.name, "gives each test a context of its own");
  });

  describe("nested", () => {
    beforeEach<Context>(function () {
      log.push("inner beforeEach");
      this.inner = `in ${this.outer}`;
    });
    afterEach(() => void log.push("inner afterEach"));

    it("runs outer hooks round inner ones", function (this: Context) {
      log.push("nested test");
      assertEquals(this.inner, "in outer");
    });
  });
});

Deno.test("hooks ran in order", () => {
  const order = ["beforeAll", "beforeEach", "first", "afterEach", "beforeEach", "afterEach"];
  assertEquals(log.slice(0, 6), order);
  assertEquals(log.slice(6, 11), [
    "beforeEach",
    "inner beforeEach",
    "nested test",
    "inner afterEach",
    "afterEach",
  ]);
  assertEquals(log.at(-1), "afterAll");
});

const group = describe({ name: "flat group", beforeEach: () => void log.push("flat") });
it(group, "belongs to its group", () => assertEquals(log.at(-1), "flat"));
it({ suite: group, name: "by options", fn: () => assertEquals(log.at(-1), "flat") });

it("is a test of its own", { sanitizeOps: true }, () => {});
test(function named(t) {
  assertEquals(t.name, "named");
});
