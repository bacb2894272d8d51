/**
 * What is left of a lab whose test has ended without a chance to clean up, by SIGKILL for example.
 *
 * @module
 */

/** Ends what runs in namespaces whose names begin with `prefix`, and removes them. Waits in this thread. */
export function sweep(ip: string, prefix: string): void {
  const lines = (...args: string[]) => {
    const { stdout } = new Deno.Command(ip, { args, stderr: "null" }).outputSync();
    return new TextDecoder().decode(stdout).split("\n").filter((line) => line !== "");
  };
  for (const name of lines("netns").map((line) => line.split(" ")[0]!)) {
    if (!name.startsWith(prefix)) continue;
    for (const pid of lines("netns", "pids", name)) {
      try {
        Deno.kill(Number(pid), "SIGKILL");
      } catch (error) {
        if (!(error instanceof Deno.errors.NotFound)) throw error;
      }
    }
    lines("netns", "delete", name);
  }
}
