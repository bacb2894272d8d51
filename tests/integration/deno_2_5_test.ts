/**
 * The oldest Deno that the service must run on: the platform it is deployed to may lag behind.
 */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { denoBinary } from "../helpers/deno_binary.ts";
import { startService } from "../helpers/service.ts";

const OLDEST = "2.5.7";
const ROOT = new URL("../../", import.meta.url);

Deno.test(`the service type-checks on Deno ${OLDEST}`, async () => {
  const deno = await denoBinary(OLDEST);
  // To check, this version adds Node's types to the lock and to node_modules: not to ours.
  const lock = await Deno.makeTempFile({ suffix: ".lock" });
  try {
    await Deno.copyFile(new URL("deno.lock", ROOT), lock);
    const command = new Deno.Command(deno, {
      args: ["check", `--lock=${lock}`, "--node-modules-dir=none", "main.ts"],
      cwd: ROOT,
      // Newer versions trust the machine's certificates by themselves.
      env: { NO_COLOR: "1", DENO_TLS_CA_STORE: "mozilla,system" },
      stdin: "null",
    });
    const { success, stderr } = await command.output();
    assert(success, new TextDecoder().decode(stderr));
  } finally {
    await Deno.remove(lock);
  }
});

Deno.test(`the service starts, serves and stops on Deno ${OLDEST}`, async () => {
  const deno = await denoBinary(OLDEST);
  await using service = await startService({ deno });
  const health = await fetch(`${service.url}/healthz`);
  assertEquals(health.status, 200, await health.text());
  const sdk = await fetch(`${service.url}/client.js`);
  assertEquals(sdk.status, 200);
  assertStringIncludes(sdk.headers.get("content-type") ?? "", "text/javascript");
  assertStringIncludes(await sdk.text(), "joinCall");
  const { code } = await service.stop();
  assertEquals(code, 0, service.logs.join("\n"));
});
