import { assertEquals } from "@std/assert";
import { tallyOf } from "../../../tools/test/tally.ts";

const OUTPUTS: [string, string, ReturnType<typeof tallyOf>][] = [
  ["plain", "ok | 3 passed | 0 failed (4ms)\n", { passed: 3, failed: 0, ignored: 0 }],
  [
    "with steps, ignored and filtered",
    "FAILED | 16 passed (20 steps) | 2 failed (1 step) | 3 ignored (1 step) | 4 filtered out (1m2s)",
    { passed: 16, failed: 2, ignored: 4 },
  ],
  [
    "the last of several",
    "ok | 1 passed | 0 failed (1ms)\nnoise\nok | 2 passed | 0 failed (1ms)\n",
    { passed: 2, failed: 0, ignored: 0 },
  ],
  [
    "in colours",
    "\x1b[0m\x1b[32mok\x1b[0m | 5 passed | 0 failed \x1b[0m\x1b[38;5;245m(8ms)\x1b[0m\n",
    { passed: 5, failed: 0, ignored: 0 },
  ],
  ["none", "error: Uncaught\n", undefined],
];

for (const [name, output, expected] of OUTPUTS) {
  Deno.test(`closing line of deno test: ${name}`, () => assertEquals(tallyOf(output), expected));
}
