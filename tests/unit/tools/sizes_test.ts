import { assertNotEquals } from "@std/assert";
import { it } from "@std/testing/bdd";
import { verdict } from "../../bench/report/figure.ts";
import { t14 } from "../../bench/targets/t14_size.ts";

it({
  name: "what browsers load, as built, is no larger than the targets allow",
  // esbuild's process outlives its own stop by a moment.
  sanitizeOps: false,
  sanitizeResources: false,
  fn: async () => {
    const figures = await t14();
    for (const figure of figures) assertNotEquals(verdict(figure), "not met", figure.what);
  },
});
