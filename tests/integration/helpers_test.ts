/**
 * The helpers that other tests rely on, where a mistake would hide the mistakes of the service.
 */
import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { launchBrowser, newPage, waitFor } from "../helpers/browser.ts";
import { startService } from "../helpers/service.ts";

Deno.test("startService tells why the service did not start", async () => {
  const env = { TOKEN_SECRET: "short" };
  const error = await assertRejects(() => startService({ env }), Error, "Cannot start the service");
  assertStringIncludes(error.message, "TOKEN_SECRET");
});

Deno.test("a service that is killed is seen to end", async () => {
  await using service = await startService();
  assertStringIncludes(await service.log(/listening/), service.url);
  service.kill("SIGKILL");
  assertEquals((await service.exited).signal, "SIGKILL");
  await assertRejects(() => service.log(/never/), Error, "it ended before it printed /never/");
});

Deno.test("pages tell their errors, and can be waited for while hidden", async () => {
  await using service = await startService();
  await using browser = await launchBrowser();
  await using hidden = await newPage(browser, `${service.url}/docs/`);
  await using front = await newPage(browser);
  await front.page.bringToFront();
  await waitFor(hidden.page, () => document.querySelector(".opblock"));
  assertEquals(hidden.errors, []);
  await hidden.page.evaluate(() => console.error("meant"));
  await hidden.page.evaluate(() =>
    void setTimeout(() => {
      throw new Error("nobody caught");
    })
  );
  await waitFor(hidden.page, (id) => document.getElementById(id), 5_000, "docs");
  const error = await assertRejects(
    () => waitFor(hidden.page, () => false, 200),
    Error,
    "Waited 200 ms",
  );
  assertStringIncludes(error.message, "meant");
  assertStringIncludes(error.message, "nobody caught");
});
