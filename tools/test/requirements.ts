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
  /**
   * How it is asked whether it runs: by arguments that it answers with success, or not at all, when it
   * would start a service instead; then it is enough that it is there. By default `--version`.
   */
  readonly check?: readonly string[] | "is there";
  /** Debian's packages for it. */
  readonly packages: readonly string[];
  /** A service that the packages start: ended after they were installed here, as tests start their own. */
  readonly service?: string;
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

export const REDIS_SERVER: Requirement = {
  name: "Redis",
  variable: "REDIS_SERVER",
  commands: ["redis-server"],
  packages: ["redis-server"],
  otherwise: "install Redis 7 or newer",
};

export const NATS_SERVER: Requirement = {
  name: "NATS",
  variable: "NATS_SERVER",
  // Folders of Debian's services are not on everyone's PATH.
  commands: ["nats-server", "/usr/sbin/nats-server"],
  packages: ["nats-server"],
  otherwise: "install nats-server",
};

export const RABBITMQ_SERVER: Requirement = {
  name: "RabbitMQ",
  variable: "RABBITMQ_SERVER",
  // Debian's command of this name runs it as a user of its own, with a home of its own: behind it is the script.
  commands: ["/usr/lib/rabbitmq/bin/rabbitmq-server", "rabbitmq-server"],
  check: "is there",
  packages: ["rabbitmq-server"],
  otherwise: "install RabbitMQ",
};

export const JANUS: Requirement = {
  name: "Janus",
  variable: "JANUS",
  commands: ["janus"],
  // Its --version ends with an error.
  check: ["--help"],
  packages: ["janus"],
  service: "janus",
  otherwise: "install Janus 1.1.2 or newer with its VideoRoom plugin and its WebSocket transport",
};

export const PULSEAUDIO: Requirement = {
  name: "PulseAudio",
  variable: "PULSEAUDIO",
  commands: ["pulseaudio"],
  packages: ["pulseaudio", "pulseaudio-utils"],
  otherwise: "install PulseAudio",
};

/** Comes with PulseAudio on most systems, and in a package of its own on Debian. */
export const PAREC: Requirement = {
  name: "PulseAudio's recorder",
  variable: "PAREC",
  commands: ["parec"],
  packages: ["pulseaudio-utils"],
  otherwise: "install PulseAudio's utilities",
};

/** Makes networks of a test's own. */
export const IPROUTE2: Requirement = {
  name: "iproute2",
  variable: "IP",
  commands: ["ip", "/usr/sbin/ip", "/sbin/ip"],
  check: ["-V"],
  packages: ["iproute2"],
  otherwise: "install iproute2",
};

/** The TURN server of the tests' networks. */
export const COTURN: Requirement = {
  name: "coturn",
  variable: "TURNSERVER",
  commands: ["turnserver"],
  packages: ["coturn"],
  service: "coturn",
  otherwise: "install coturn 4.6 or newer",
};

export const OPENSSL: Requirement = {
  name: "OpenSSL",
  variable: "OPENSSL",
  commands: ["openssl"],
  check: ["version"],
  packages: ["openssl"],
  otherwise: "install OpenSSL 3",
};

export const NFT: Requirement = {
  name: "nftables",
  variable: "NFT",
  commands: ["nft", "/usr/sbin/nft"],
  packages: ["nftables"],
  otherwise: "install nftables",
};

/** Everything that `deno task test` needs. */
export const REQUIREMENTS: readonly Requirement[] = [
  CHROMIUM,
  CURL,
  REDIS_SERVER,
  NATS_SERVER,
  RABBITMQ_SERVER,
  JANUS,
  PULSEAUDIO,
  PAREC,
  IPROUTE2,
  NFT,
  COTURN,
  OPENSSL,
];

/** The whole path of the program, if there is one and it runs. */
export async function find(requirement: Requirement): Promise<string | undefined> {
  const given = Deno.env.get(requirement.variable);
  for (const command of given ? [given] : requirement.commands) {
    for (const path of pathsOf(command)) {
      if (await runs(path, requirement.check)) return path;
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
  const { name, variable, packages, service, otherwise } = requirement;
  const present = await find(requirement);
  if (present !== undefined) return present;
  const given = Deno.env.get(variable);
  if (given) throw new Error(`${name} is missing: ${variable} is "${given}", which does not run`);
  const install = `apt-get update && apt-get install -y --no-install-recommends ${
    packages.join(" ")
  }`;
  let reason = "this is not root on a machine with apt-get";
  if (Deno.uid() === 0 && await runs("apt-get")) {
    console.log(`${name} is missing; installing: ${install}`);
    const installed = await run("sh", ["-c", install]);
    if (installed && service !== undefined) await endService(service);
    const found = installed && await find(requirement);
    if (found) return found;
    reason = "the installation failed, see above";
  }
  throw new Error(
    `${name} is missing and could not be installed (${reason}): run \`${install}\` as root, or ` +
      `${otherwise} and set ${variable} to its path`,
  );
}

/** Does nothing where packages start no services, as in most containers. */
async function endService(service: string): Promise<void> {
  try {
    await Deno.stat("/run/systemd/system");
  } catch {
    return;
  }
  await run("systemctl", ["disable", "--now", service]);
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

async function runs(
  command: string,
  check: Requirement["check"] = ["--version"],
): Promise<boolean> {
  try {
    if (check === "is there") return isProgram(await Deno.stat(command));
    const { success } = await new Deno.Command(command, {
      args: [...check],
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

/** On systems without such modes every file counts. */
function isProgram({ isFile, mode }: Deno.FileInfo): boolean {
  return isFile && (mode === null || (mode & 0o111) !== 0);
}
