/**
 * The SDK's types in one file that needs no other.
 *
 * @module
 */
import { generateDtsBundle } from "dts-bundle-generator";
import { dirname, join } from "node:path";
import ts from "typescript";

const COMPILER_OPTIONS = {
  target: "es2022",
  module: "esnext",
  moduleResolution: "bundler",
  lib: ["es2022", "dom", "dom.iterable"],
  types: [],
  strict: true,
};

/**
 * Writes the declarations of `entry` and of what they mention as one file, checked against the
 * libraries of a browser.
 *
 * First each module's declarations are taken from its text alone (it states its types in full), so that
 * no implementation, package or Deno type has a say; then the few modules that matter become one.
 */
export async function bundleTypes(entry: string, target: string): Promise<void> {
  const work = await Deno.makeTempDir({ prefix: "meshlift-types-" });
  try {
    await declare(entry, work);
    const config = join(work, "tsconfig.json");
    const files = [`${flatName(entry)}.d.ts`];
    await Deno.writeTextFile(config, JSON.stringify({ compilerOptions: COMPILER_OPTIONS, files }));
    const [text] = generateDtsBundle(
      [{
        filePath: join(work, files[0]!),
        output: { noBanner: true, sortNodes: false, exportReferencedTypes: false },
      }],
      { preferredConfigPath: config },
    );
    await Deno.writeTextFile(target, `/* meshlift, MIT licence */\n${text}`);
  } finally {
    await Deno.remove(work, { recursive: true });
  }
}

/** Writes the declarations of a module into `work`, and of all modules that these import. */
async function declare(entry: string, work: string): Promise<void> {
  const pending = [entry];
  const done = new Set<string>();
  for (let path = pending.pop(); path !== undefined; path = pending.pop()) {
    if (done.has(path)) continue;
    done.add(path);
    let declaration = await declarationOf(path);
    for (const { fileName } of ts.preProcessFile(declaration).importedFiles) {
      const imported = resolve(path, fileName);
      pending.push(imported);
      declaration = declaration.replaceAll(`"${fileName}"`, `"./${flatName(imported)}.js"`);
    }
    await Deno.writeTextFile(join(work, `${flatName(path)}.d.ts`), declaration);
  }
}

async function declarationOf(path: string): Promise<string> {
  const { outputText, diagnostics = [] } = ts.transpileDeclaration(await Deno.readTextFile(path), {
    fileName: path,
    reportDiagnostics: true,
    compilerOptions: { declaration: true, isolatedDeclarations: true },
  });
  if (diagnostics.length === 0) return outputText;
  throw new Error(
    `Cannot declare "${path}": ` + ts.formatDiagnostics(diagnostics, {
      getCanonicalFileName: (name) => name,
      getCurrentDirectory: () => dirname(path),
      getNewLine: () => "\n",
    }),
  );
}

function resolve(from: string, specifier: string): string {
  if (/^\.{1,2}\/.*\.ts$/.test(specifier)) return join(dirname(from), specifier);
  throw new Error(
    `Cannot declare "${from}": its public types mention "${specifier}"; expected only modules ` +
      `of the SDK, as client.d.ts stands alone`,
  );
}

/** A name of its own for each module, as all of them lie in one folder here. */
function flatName(path: string): string {
  return path.replace(/\.ts$/, "").replaceAll(/[^\w]/g, "_");
}
