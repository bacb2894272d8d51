/** What README.md tells people to type, typed: only the port is another. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { afterAll, beforeAll, describe, it } from "@std/testing/bdd";
import { Api } from "../helpers/api.ts";
import { launchBrowser, newPage, waitFor } from "../helpers/browser.ts";
import { type Service, startService } from "../helpers/service.ts";

const README = await Deno.readTextFile(new URL("../../README.md", import.meta.url));

/** The one block of a language that holds a text, for the service at `url`. */
function block(language: string, holding: string, url: string): string {
  const blocks = [...README.matchAll(new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\``, "gms"))]
    .map(([, text]) => text!)
    .filter((text) => text.includes(holding));
  assertEquals(blocks.length, 1, `blocks of ${language} that hold ${holding}`);
  assert(blocks[0]!.includes("http://localhost:8000"), blocks[0]);
  return blocks[0]!.replaceAll("http://localhost:8000", url);
}

describe("README.md", () => {
  let service: Service;
  let api: Api;
  beforeAll(async () => {
    service = await startService();
    api = Api.over(service.url);
  });
  afterAll(async () => {
    await service.stop();
  });

  /** Runs one command of a shell; the answer is what it printed. */
  async function run(command: string): Promise<string> {
    const { success, stdout, stderr } = await new Deno.Command("sh", {
      args: ["-c", command],
      stdin: "null",
    }).output();
    assert(success, `${command}\n${new TextDecoder().decode(stderr)}`);
    return new TextDecoder().decode(stdout);
  }

  it("has lines of curl that make a room and a token, list people and end the room", async () => {
    const commands = block("sh", "curl", service.url).trim().split(/\n\n+/);
    assertEquals(commands.length, 4);
    const [make, token, people, end] = commands as [string, string, string, string];
    const room = JSON.parse(await run(make));
    assertEquals([room.id, room.name, room.maxParticipants], ["standup", "Daily standup", 8]);
    assertMatch(JSON.parse(await run(token)).token, /^[\w-]+\.[\w-]+\.[\w-]+$/);
    assertEquals(JSON.parse(await run(people)), { participants: [] });
    assertEquals(await run(end), "");
    const { status, body } = await api.problem("GET", "/v1/rooms/standup");
    assertEquals([status, body.code], [404, "room_not_found"]);
  });

  it("has ten lines for a page of another origin that show the other person", async () => {
    const page = block("html", "joinCall", service.url);
    assert(page.trim().split("\n").length <= 12, page);
    await using site = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen() {} },
      () => new Response(page, { headers: { "content-type": "text/html" } }),
    );
    await using browser = await launchBrowser();
    const { id } = await api.makeRoom();
    const open = async (identity: string) => {
      const token = await api.makeToken(id, identity);
      return await newPage(browser, `http://127.0.0.1:${site.addr.port}/call.html#${token}`);
    };
    await using ada = await open("ada");
    await using bob = await open("bob");
    for (const { page } of [ada, bob]) {
      await waitFor(page, () => {
        const [video, ...others] = document.querySelectorAll("video");
        return others.length === 0 && video!.videoWidth > 0 && video!.currentTime > 0.5;
      }, 20_000);
    }
    await bob.close();
    await waitFor(ada.page, () => document.querySelectorAll("video").length === 0);
    assertEquals(ada.errors.filter((error) => !error.includes("favicon")), []);
  });
});
