/**
 * The types served beside the SDK, as a developer's own TypeScript sees them.
 */
import { assertEquals, assertStringIncludes } from "@std/assert";
import ts from "typescript";

const ROOT = new URL("../../", import.meta.url).pathname;
const PROGRAM = `${ROOT}tests/integration/fixtures/user_program.ts`;
const SDK = "https://calls.example.com/client.js";

/** As a strict project for browsers has it, with the SDK's address mapped to its types. */
const OPTIONS: ts.CompilerOptions = {
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  noEmit: true,
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.ESNext,
  moduleResolution: ts.ModuleResolutionKind.Bundler,
  lib: ["lib.es2022.d.ts", "lib.dom.d.ts", "lib.dom.iterable.d.ts"],
  types: [],
  paths: { [SDK]: [`${ROOT}dist/client.d.ts`] },
};

/** What the compiler finds wrong with the program, its text replaced by `text` if that is given. */
function compile(text?: string): string[] {
  const host = ts.createCompilerHost(OPTIONS);
  const readFile = host.readFile;
  host.readFile = (path) => path === PROGRAM && text !== undefined ? text : readFile(path);
  const program = ts.createProgram({ rootNames: [PROGRAM], options: OPTIONS, host });
  return ts.getPreEmitDiagnostics(program)
    .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, "\n"));
}

Deno.test("a user's program compiles against client.d.ts, and its wrong lines do not", () => {
  assertEquals(compile(), []);
});

Deno.test("the types say what is wrong", () => {
  const [first, ...others] = compile(`
    import { joinCall } from "${SDK}";
    const call = await joinCall({ token: "t" });
  `);
  assertStringIncludes(first ?? "", "Property 'url' is missing");
  assertEquals(others, []);
});

Deno.test("client.d.ts stands alone", async () => {
  const text = await Deno.readTextFile(`${ROOT}dist/client.d.ts`);
  assertEquals(ts.preProcessFile(text).importedFiles, []);
});
