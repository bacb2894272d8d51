import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { checkCovered, fingerprint } from "../../../tools/build/inputs.ts";
import { isCurrent, publish } from "../../../tools/build/publish.ts";

async function inFolder(test: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "meshlift-publish-" });
  try {
    await test(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const write = (files: Record<string, string>) => async (target: string) => {
  for (const [path, text] of Object.entries(files)) {
    await Deno.mkdir(`${target}/${path}`.replace(/\/[^/]*$/, ""), { recursive: true });
    await Deno.writeTextFile(`${target}/${path}`, text);
  }
};

Deno.test("a build is current for its inputs only, and while all its files are there", () =>
  inFolder(async (folder) => {
    const dist = `${folder}/dist`;
    assertEquals(await isCurrent(dist, "a"), false);
    assert(await publish(dist, "a", write({ "client.js": "1", "demo/main.js": "2" })));
    assert(await isCurrent(dist, "a"));
    assertEquals(await isCurrent(dist, "b"), false);
    await Deno.remove(`${dist}/demo/main.js`);
    assertEquals(await isCurrent(dist, "a"), false);
  }));

Deno.test("what a new build does not make is gone", () =>
  inFolder(async (dist) => {
    await publish(
      dist,
      "a",
      write({ "client.js": "1", "client-old.js": "1", "demo/old.svg": "1" }),
    );
    await publish(dist, "b", write({ "client.js": "2", "client-new.js": "2" }));
    const files = [...Deno.readDirSync(dist)].filter(({ isFile }) => isFile).map(({ name }) =>
      name
    );
    assertEquals(files.sort(), [".inputs", ".lock", "client-new.js", "client.js"]);
    assertEquals([...Deno.readDirSync(`${dist}/demo`)], []);
    assertEquals(await Deno.readTextFile(`${dist}/client.js`), "2");
  }));

Deno.test("a build that fails leaves the last one, which is not current", () =>
  inFolder(async (dist) => {
    await publish(dist, "a", write({ "client.js": "1" }));
    const failing = async (target: string) => {
      await write({ "client.js": "half" })(target);
      throw new SyntaxError("meant");
    };
    await assertRejects(() => publish(dist, "b", failing), SyntaxError, "meant");
    assertEquals(await Deno.readTextFile(`${dist}/client.js`), "1");
    assertEquals(await isCurrent(dist, "b"), false);
  }));

Deno.test("builds at once take turns, and only the first does the work", () =>
  inFolder(async (dist) => {
    let made = 0;
    const make = async (target: string) => {
      made++;
      await write({ "client.js": "1" })(target);
    };
    const done = await Promise.all([1, 2, 3].map(() => publish(dist, "a", make)));
    assertEquals(done.filter((did) => did).length, 1);
    assertEquals(made, 1);
  }));

Deno.test("the fingerprint follows names and contents of what is built from", () =>
  inFolder(async (root) => {
    const seen = new Set<string>();
    const changed = async () => {
      const hash = await fingerprint(root);
      const fresh = !seen.has(hash);
      seen.add(hash);
      return fresh;
    };
    assert(await changed());
    await write({ "client/mod.ts": "a" })(root);
    assert(await changed());
    assertEquals(await changed(), false);
    await write({ "client/mod.ts": "b" })(root);
    assert(await changed());
    await Deno.rename(`${root}/client/mod.ts`, `${root}/client/other.ts`);
    assert(await changed());
    await write({ "deno.lock": "{}" })(root);
    assert(await changed());
    await write({ "routes/app.ts": "not built from" })(root);
    assertEquals(await changed(), false);
  }));

Deno.test("a bundle of what the fingerprint does not cover is refused", () => {
  checkCovered(["client/mod.ts", "lib/codes.ts", "node_modules/.deno/a@1/node_modules/a/index.js"]);
  assertThrows(() => checkCovered(["client/mod.ts", "routes/app.ts"]), Error, '"routes/app.ts"');
});
