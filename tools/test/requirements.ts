/**
 * What the tests need besides Deno, how to find it, and how to get it.
 *
 * @module
 */

/** A program that some tests run. */
export interface Requirement {
  readonly name: string;
  /** The environment variable that says where it is; set for the tests when it was found elsewhere. */
  readonly variable: string;
  /** Where else it may be: names on the PATH, or whole paths. */
  readonly commands: readonly string[];
  /** Debian's packages for it. */
  readonly packages: readonly string[];
  /** What else to do where Debian's packages are not to be had. */
  readonly otherwise: string;
}

export const CHROMIUM: Requirement = {
  name: "Chromium",
  variable: "CHROMIUM",
  commands: [
    "chromium",
    "chromium-browser",
    "google-chrome-stable",
    "google-chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  ],
  packages: ["chromium", "fonts-dejavu-core"],
  otherwise: "install Chromium or Google Chrome",
};

export const CURL: Requirement = {
  name: "curl",
  variable: "CURL",
  commands: ["curl"],
  packages: ["curl"],
  otherwise: "install curl",
};

/** Everything that `deno task test` needs. */
export const REQUIREMENTS: readonly Requirement[] = [CHROMIUM, CURL];

/** The whole path of the program, if there is one and it answers to `--version`. */
export async function find(requirement: Requirement): Promise<string | undefined> {
  const given = Deno.env.get(requirement.variable);
  for (const command of given ? [given] : requirement.commands) {
    for (const path of pathsOf(command)) {
      if (await answers(path)) return path;
    }
  }
  return undefined;
}

function pathsOf(command: string): string[] {
  if (command.includes("/")) return [command];
  const folders = Deno.env.get("PATH")?.split(":") ?? [];
  return folders.filter((folder) => folder !== "").map((folder) => `${folder}/${command}`);
}

/**
 * Finds the program, or installs it where that can be done without asking (root on Debian and its kin).
 *
 * @throws {Error} with one line that says what is missing and what to do.
 */
export async function ensure(requirement: Requirement): Promise<string> {
  const { name, variable, packages, otherwise } = requirement;
  const present = await find(requirement);
  if (present !== undefined) return present;
  const given = Deno.env.get(variable);
  if (given) throw new Error(`${name} is missing: ${variable} is "${given}", which does not run`);
  const install = `apt-get update && apt-get install -y --no-install-recommends ${
    packages.join(" ")
  }`;
  let reason = "this is not root on a machine with apt-get";
  if (Deno.uid() === 0 && await answers("apt-get")) {
    console.log(`${name} is missing; installing: ${install}`);
    const installed = await run("sh", ["-c", install]);
    const found = installed && await find(requirement);
    if (found) return found;
    reason = "the installation failed, see above";
  }
  throw new Error(
    `${name} is missing and could not be installed (${reason}): run \`${install}\` as root, or ` +
      `${otherwise} and set ${variable} to its path`,
  );
}

const INSTALL_LIMIT_MS = 10 * 60_000;
const ANSWER_LIMIT_MS = 20_000;

async function run(command: string, args: string[]): Promise<boolean> {
  const { success } = await new Deno.Command(command, {
    args,
    env: { DEBIAN_FRONTEND: "noninteractive" },
    stdin: "null",
    signal: AbortSignal.timeout(INSTALL_LIMIT_MS),
  }).spawn().status;
  return success;
}

async function answers(command: string): Promise<boolean> {
  try {
    const { success } = await new Deno.Command(command, {
      args: ["--version"],
      stdin: "null",
      stdout: "null",
      stderr: "null",
      signal: AbortSignal.timeout(ANSWER_LIMIT_MS),
    }).output();
    return success;
  } catch (error) {
    const { NotFound, NotADirectory, PermissionDenied } = Deno.errors;
    const none = [NotFound, NotADirectory, PermissionDenied].some((kind) => error instanceof kind);
    if (none) return false;
    throw error;
  }
}
