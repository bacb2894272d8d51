/**
 * Network namespaces by iproute2.
 *
 * @module
 */
import { find, IPROUTE2, type Requirement } from "../../tools/test/requirements.ts";

/** One network namespace. `await using` ends what runs in it, and removes it. */
export class Namespace implements AsyncDisposable {
  private constructor(readonly name: string, readonly program: string) {}

  /** Makes one, with its loopback up. @throws {Error} with what `ip` said. */
  static async add(name: string): Promise<Namespace> {
    const program = await programOf(IPROUTE2);
    await run(program, ["netns", "add", name]);
    const namespace = new Namespace(name, program);
    await namespace.ip("link set lo up");
    return namespace;
  }

  /** A command line that runs `command` in here. */
  within(...command: string[]): [string, ...string[]] {
    return [this.program, "netns", "exec", this.name, ...command];
  }

  /** Commands of `ip` as one batch, `link set lo up` for example. */
  async ip(...commands: string[]): Promise<void> {
    await run(this.program, ["-n", this.name, "-batch", "-"], commands.join("\n"));
  }

  /** Runs a program in here to its end, and returns what it printed. */
  async run(command: readonly [string, ...string[]], input?: string): Promise<string> {
    const [program, ...args] = this.within(...command);
    return await run(program, args, input);
  }

  /** Sets kernel parameters below /proc/sys/net, `ipv4/ip_forward` for example. */
  async set(parameters: Record<string, string | number>): Promise<void> {
    const lines = Object.entries(parameters).map(([name, value]) =>
      `echo ${value} > /proc/sys/net/${name}`
    );
    await this.run(["sh", "-ec", lines.join("\n")]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // All that runs in here was started in here: tests run nothing else in a namespace of this name.
    const pids = await run(this.program, ["netns", "pids", this.name]);
    for (const pid of pids.split("\n").filter(Boolean).map(Number)) {
      try {
        Deno.kill(pid, "SIGKILL");
      } catch (error) {
        if (!(error instanceof Deno.errors.NotFound)) throw error;
      }
    }
    await run(this.program, ["netns", "delete", this.name]);
  }
}

/** The path of a program that a lab needs. @throws {Error} with what to do where there is none. */
export async function programOf(requirement: Requirement): Promise<string> {
  const program = await find(requirement);
  if (program !== undefined) return program;
  const { name, commands, packages, variable } = requirement;
  throw new Error(
    `Cannot set up the lab: ${name} is missing; expected ${
      commands[0]
    } on the PATH or at $${variable} ` +
      `(Debian's package is ${packages.join(" ")})`,
  );
}

/** Runs a program to its end, and returns what it printed. @throws {Error} with what it said when it fails. */
export async function run(program: string, args: string[], input?: string): Promise<string> {
  const child = new Deno.Command(program, {
    args,
    stdin: input === undefined ? "null" : "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  if (input !== undefined) {
    const writer = child.stdin.getWriter();
    await writer.write(new TextEncoder().encode(input)).catch(() => {/* its end tells why */});
    await writer.close().catch(() => {});
  }
  const { success, code, stdout, stderr } = await child.output();
  const decoder = new TextDecoder();
  if (success) return decoder.decode(stdout);
  throw new Error(
    `Cannot run \`${[program, ...args].join(" ")}\`: it ended with ${code} and said ` +
      `${decoder.decode(stderr).trim()}${input === undefined ? "" : `; it was given:\n${input}`}`,
  );
}
