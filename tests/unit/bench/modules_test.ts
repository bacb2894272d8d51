import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { modulesOf } from "../../bench/report/modules.ts";

const output = (bytes: number, inputs: Record<string, number>) => ({
  bytes,
  inputs: Object.fromEntries(
    Object.entries(inputs).map(([path, bytesInOutput]) => [path, { bytesInOutput }]),
  ),
  imports: [],
  exports: [],
});

describe("the modules of a bundle", () => {
  const [bundle, ...others] = modulesOf({
    inputs: {},
    outputs: {
      "../x/client-care-ABCD1234.js": output(300, {
        "client/a.ts": 90,
        "node_modules/.deno/simple-peer@9.11.1/node_modules/simple-peer/index.js": 200,
        "client/types.ts": 0,
      }),
      "../x/client-care-ABCD1234.js.map": output(900, {}),
    },
  });

  it("are those that add something, the largest first, packages by their names", () =>
    assertEquals(bundle!.modules, [
      { path: "simple-peer/index.js", bytes: 200 },
      { path: "client/a.ts", bytes: 90 },
    ]));

  it("go by the file's name without its hash", () => assertEquals(bundle!.file, "client-care.js"));

  it("are not looked for in maps", () => assertEquals(others, []));
});
