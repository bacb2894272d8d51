import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { isOf } from "../../bench/system/cleanup.ts";
import { hasProc } from "../../bench/system/proc.ts";
import { linesOf } from "../../helpers/lines.ts";

const CLEANUP = new URL("../../bench/system/cleanup.ts", import.meta.url).href;

/** A bench whose server would run for an hour, and holds its output open meanwhile. */
const BENCH = `
  import { endChildrenWithThis } from "${CLEANUP}";
  endChildrenWithThis();
  const server = new Deno.Command("sleep", { args: ["3600"], stdin: "null" }).spawn();
  console.log(server.pid);
  await server.status;
`;

describe("what a bench has started", () => {
  it("is known by its environment", () => {
    assertEquals(isOf("1", "PORT=0\0BENCH_RUN=1\0"), true);
    assertEquals(isOf("1", "PORT=0\0BENCH_RUN=12\0"), false);
    assertEquals(isOf("1", ""), false);
  });

  it("ends with it, though it is killed", { ignore: !hasProc() }, async () => {
    const bench = new Deno.Command(Deno.execPath(), {
      args: ["eval", BENCH],
      stdin: "null",
      stdout: "piped",
    }).spawn();
    const lines = linesOf(bench.stdout);
    await lines.next();
    bench.kill("SIGKILL");
    await bench.status;
    // The output ends when all have ended that hold it.
    assertEquals(await lines.next(), { done: true, value: undefined });
  });
});
