import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { FakeTime } from "@std/testing/time";
import { HangWatch } from "../../../tools/test/hang.ts";

const PATIENCE_MS = 60_000;

/** A run of tests that takes no notice of signals. */
function watched() {
  const signals: unknown[] = [];
  const child = { kill: (signal?: Deno.Signal | number) => void signals.push(signal) };
  return { signals, watch: new HangWatch(child, PATIENCE_MS) };
}

describe("a run of tests that is watched", () => {
  it("is left alone while one after the other comes to its end", () => {
    using time = new FakeTime();
    const { watch, signals } = watched();
    using _ = watch;
    for (let i = 0; i < 5; i++) {
      time.tick(PATIENCE_MS - 1);
      watch.read("it ends ... ok (1ms)\n");
    }
    assertEquals({ signals, hung: watch.hung }, { signals: [], hung: false });
  });

  it("is interrupted, then killed, when all it says is how long it has been running", () => {
    using time = new FakeTime();
    const { watch, signals } = watched();
    using _ = watch;
    time.tick(PATIENCE_MS - 1);
    watch.read("'it hangs' has been running for over (1m0s)\n");
    time.tick(1);
    assertEquals(signals, ["SIGINT"]);
    watch.read("SIGINT The following tests were pending:\n");
    time.tick(10_000);
    assertEquals({ signals, hung: watch.hung }, { signals: ["SIGINT", "SIGKILL"], hung: true });
  });

  it("is left alone once it has ended", () => {
    using time = new FakeTime();
    const { watch, signals } = watched();
    watch[Symbol.dispose]();
    time.tick(PATIENCE_MS);
    assertEquals(signals, []);
  });
});
