/** How a node starts, or says in one line why it does not. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { Api } from "../helpers/api.ts";
import { PRODUCTION } from "../helpers/call_service.ts";
import { startService } from "../helpers/service.ts";

const ROOT = new URL("../../", import.meta.url);

/** Runs main.ts to its end. */
async function run(env: Record<string, string>): Promise<{ code: number; lines: string[] }> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-prompt", "main.ts"],
    cwd: ROOT,
    env: { PORT: "0", HOST: "127.0.0.1", NO_COLOR: "1", ...env },
    stdin: "null",
  }).output();
  const text = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
  return { code, lines: text.trimEnd().split("\n") };
}

describe("bad configuration stops the start with one line and exit 1", () => {
  const BAD: [title: string, env: Record<string, string>, line: RegExp][] = [
    ["no configuration", {}, /^Cannot start: API_KEYS is not set; expected tenant:secret pairs/],
    [
      "no TOKEN_SECRET",
      { API_KEYS: PRODUCTION.API_KEYS },
      /^Cannot start: TOKEN_SECRET is not set; expected a random text/,
    ],
    ["a port that is none", { ...PRODUCTION, PORT: "eighty" }, /^Cannot start: PORT held "eighty"/],
    [
      "a host that is another machine's",
      { ...PRODUCTION, HOST: "192.0.2.1" },
      /^Cannot start: HOST .*"192\.0\.2\.1".*expected/,
    ],
    [
      "a secret that is too short, without showing it",
      { ...PRODUCTION, TOKEN_SECRET: "hunter2" },
      /^Cannot start: TOKEN_SECRET held a value that is hidden here; expected at least 32/,
    ],
    [
      "what this version does not have",
      { ...PRODUCTION, SFU_URLS: "mediasoup://host" },
      /^Cannot start: SFU_URLS held "mediasoup:\/\/host"; expected embedded:/,
    ],
  ];
  for (const [title, env, line] of BAD) {
    it(title, async () => {
      const { code, lines } = await run(env);
      assertEquals([code, lines.length], [1, 1], lines.join("\n"));
      assertMatch(lines[0]!, line);
      assert(!lines[0]!.includes("hunter2"));
    });
  }

  it("a port that is taken", async () => {
    using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const { code, lines } = await run({ ...PRODUCTION, PORT: String(taken.addr.port) });
    assertEquals([code, lines.length], [1, 1], lines.join("\n"));
    assertMatch(lines[0]!, new RegExp(`^Cannot start: .*${taken.addr.port}.*expected`));
  });
});

describe("a production start", () => {
  it("names in one line what looks like a variable of the service and is none", async () => {
    const env = { ...PRODUCTION, TURN_URL: "turn:turn.example.com", TURN_USER: "ada" };
    await using service = await startService({ args: [], env });
    const named = service.logs.filter((line) => line.includes("unknown_variables"));
    assertEquals(named.map((line) => JSON.parse(line).variables), [
      "TURN_URL (TURN_URLS?), TURN_USER",
    ]);
  });

  it("lets nobody in with the secrets of development, and makes no rooms for the demo", async () => {
    await using service = await startService({ args: [], env: PRODUCTION });
    const rooms = await Api.over(service.url, "dev-secret").problem("GET", "/v1/rooms");
    assertEquals([rooms.status, rooms.body.code], [401, "unauthorized"]);
    assertEquals((await Api.over(service.url, "acme-secret").listRooms()).rooms, []);
    const demo = await fetch(`${service.url}/demo/rooms/tea/tokens`, {
      method: "POST",
      body: `{"name":"Ada"}`,
      headers: { "content-type": "application/json" },
    });
    assertEquals(demo.status, 404);
    await demo.body?.cancel();
  });
});
