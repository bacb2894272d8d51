/**
 * The executable of another version of Deno, as the package manager brings it.
 *
 * @throws {Error} with what npx said when it could not be had.
 */
export async function denoBinary(version: string): Promise<string> {
  // The package's own command is a script; a signal is to reach Deno itself.
  const args = ["--yes", `deno@${version}`, "eval", "console.log(Deno.execPath())"];
  const env = { NO_COLOR: "1" };
  const { success, stdout, stderr } = await new Deno.Command("npx", { args, env, stdin: "null" })
    .output()
    .catch((cause) => {
      throw new Error(`Cannot get Deno ${version}: expected npx (of Node.js) on the PATH`, {
        cause,
      });
    });
  const decoder = new TextDecoder();
  const path = decoder.decode(stdout).trim();
  if (success && path !== "") return path;
  throw new Error(
    `Cannot get Deno ${version} by \`npx ${args.slice(0, 2).join(" ")}\`: expected it to print ` +
      `its path, but it printed "${path}" and said:\n${decoder.decode(stderr)}`,
  );
}
