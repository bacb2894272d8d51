import { assertEquals, assertMatch } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { linesOf } from "../helpers/lines.ts";
import { run } from "./namespace.ts";

/** How long a person waits for what they want to read, before they pull the plug. */
const PATIENCE_MS = 60_000;

/** `deno task lab` as a person has it before them. */
class Person implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #keys: WritableStreamDefaultWriter<Uint8Array>;
  readonly #screen: AsyncGenerator<string>;

  constructor(args: string[]) {
    const program = new URL("main.ts", import.meta.url).pathname;
    this.#child = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", program, ...args],
      env: { NO_COLOR: "1" },
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.#keys = this.#child.stdin.getWriter();
    this.#screen = linesOf(this.#child.stdout);
  }

  type(line: string): Promise<void> {
    return this.#keys.write(new TextEncoder().encode(`${line}\n`));
  }

  /** The next line that matches. While there is none, a command can be asked for it again. */
  async reads(pattern: RegExp, { asking }: { asking?: string } = {}): Promise<string> {
    using _ = this.#patience();
    const again = asking && setInterval(() => this.type(asking).catch(() => {}), 500);
    const seen: string[] = [];
    try {
      while (true) {
        const { value, done } = await this.#screen.next();
        if (done) throw new Error(`it never said ${pattern}; it said:\n${seen.join("\n")}`);
        if (pattern.test(value)) return value;
        seen.push(value);
      }
    } finally {
      clearInterval(again);
    }
  }

  #patience(): Disposable {
    const timer = setTimeout(() => this.#child.kill("SIGKILL"), PATIENCE_MS);
    return { [Symbol.dispose]: () => clearTimeout(timer) };
  }

  /** How it ended, and what it complained about. */
  async end(): Promise<{ code: number; complaints: string }> {
    using _ = this.#patience();
    await this.#keys.close().catch(() => {/* it has ended before */});
    while (!(await this.#screen.next()).done);
    const complaints = await new Response(this.#child.stderr).text();
    return { code: (await this.#child.status).code, complaints };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#child.stderr.locked) await this.end();
  }
}

describe("deno task lab", () => {
  it("obeys, tells what it did not understand, and leaves nothing behind", async () => {
    await using person = new Person(["ada=wifi:cone,mobile:symmetric", "bob=home:udp_blocked"]);
    const url = /http:\/\/127\.0\.0\.1:\d+/.exec(await person.reads(/The demo/))?.[0];
    const page = await fetch(`${url}/?room=lab`);
    assertMatch(await page.text(), /<!doctype html>/i);
    const [tag] = /lab-[0-9a-f]+/.exec(await person.reads(/netns exec/))!;
    await person.reads(/status, help, quit/);
    await person.type("ada uplink rate=500 loss=2");
    await person.reads(/uplink: rate=500 loss=2/);
    await person.type("ada move mobile");
    await person.reads(/ada is in mobile \(symmetric\)/);
    await person.type("ada fly");
    await person.reads(/"fly" is nothing that a host does/);
    await person.type("ada uplink loss=200");
    await person.reads(/loss is 200; expected 0 to 100 percent/);
    await person.type("zoe join");
    await person.reads(/there is no "zoe"; expected a host \(ada, bob\)/);
    await person.type("turn stop");
    await person.reads(/turn is away/);
    await person.type("turn start");
    await person.reads(/turn runs/);
    await person.type("ada paths");
    await person.reads(/ada is in no call; type "ada join" first/);
    await person.type("ada join");
    await person.reads(/starting a browser in ada/);
    await person.reads(/is in the room "lab"/);
    await person.type("ada paths");
    await person.reads(/ada is alone in the call/);
    await person.type("bob join");
    await person.reads(/is in the room "lab"/);
    await person.reads(/relay over tcp/, { asking: "bob paths" });
    await person.reads(/connected, mesh \(new\), sends full \(none\)/, { asking: "bob call" });
    await person.reads(/ada: connected, quality \w+/, { asking: "bob call" });
    assertEquals(await person.end(), { code: 0, complaints: "" });
    assertEquals((await run("ip", ["netns"])).includes(tag), false);
  });

  it("refuses what is no host in one line", async () => {
    await using person = new Person(["ada=wifi:open"]);
    assertEquals(await person.end(), {
      code: 1,
      complaints:
        'Cannot set up the lab: got "ada=wifi:open"; expected a kind of routed, cone, symmetric, udp_blocked, ipv6 after "wifi:"\n',
    });
  });
});
