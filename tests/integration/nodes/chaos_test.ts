/** A small `deno task chaos`: every run of the tests has some calls among nodes and servers that fail. */
import { assertEquals } from "@std/assert";
import { it } from "@std/testing/bdd";
import { DEFAULTS } from "../../chaos/options.ts";
import { reportOf } from "../../chaos/report.ts";
import { runChaos } from "../../chaos/run.ts";

it("calls go on while nodes are killed, drained and frozen, and Redis is restarted and flushed", async () => {
  const options = { ...DEFAULTS, rooms: 20, seconds: 22, seed: 20, signals: 100, churn: 0.5 };
  const outcome = await runChaos(options, (line) => console.log(line));
  console.log(reportOf(outcome));
  assertEquals(outcome.violations, []);
});
