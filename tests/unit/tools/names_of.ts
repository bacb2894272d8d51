/**
 * Which names of properties the SDK's sources declare, and which belong to others.
 *
 * @module
 */
import ts from "typescript";

const ROOT = new URL("../../../", import.meta.url);
const LIBRARY = new URL("node_modules/typescript/lib/", ROOT);

/** What everybody agreed on who speaks with the SDK: the protocol, and its public types. */
const AGREED = ["lib/protocol.ts", "lib/codes.ts", "client/api.ts"];

/** What is no part of the SDK's bundles, or is bundled as it is. */
const FOREIGN = /\/(demo|shims)\/|\.d\.ts$/;

/** Names that the SDK's sources give to properties of their own. */
export function declaredNames(): Set<string> {
  const names = new Set<string>();
  for (const path of sources("client/")) {
    visit(path, (node) => {
      const isMember = ts.isPropertySignature(node) || ts.isMethodSignature(node) ||
        ts.isPropertyDeclaration(node) || ts.isMethodDeclaration(node) ||
        ts.isPropertyAssignment(node) || ts.isAccessor(node);
      if (isMember && ts.isIdentifier(node.name)) names.add(node.name.text);
    });
  }
  return names;
}

/**
 * Names that mean something outside of the SDK's own code, or might: of the language and the browser, of the protocol
 * and whatever is code in its documentation, of the public types, and whatever stands in quotes.
 */
export function foreignNames(): Set<string> {
  const names = new Set<string>();
  for (const { name } of Deno.readDirSync(LIBRARY)) {
    if (/^lib\.(dom|es).*\.d\.ts$/.test(name)) visit(new URL(name, LIBRARY), take);
  }
  for (const path of AGREED) visit(new URL(path, ROOT), take);
  const protocol = Deno.readTextFileSync(new URL("docs/protocol.md", ROOT));
  for (const [code] of protocol.matchAll(/```[^]*?```|`[^`\n]*`/g)) {
    for (const [word] of code.matchAll(/\w+/g)) names.add(word);
  }
  for (const path of [...sources("client/"), ...sources("lib/sfu/")]) {
    visit(path, (node) => {
      if (ts.isStringLiteralLike(node)) names.add(node.text);
    });
  }
  return names;

  function take(node: ts.Node): void {
    if (ts.isIdentifier(node) || ts.isStringLiteralLike(node)) names.add(node.text);
  }
}

function visit(path: URL, see: (node: ts.Node) => void): void {
  const text = Deno.readTextFileSync(path);
  const descend = (node: ts.Node) => {
    see(node);
    node.forEachChild(descend);
  };
  descend(ts.createSourceFile(path.href, text, ts.ScriptTarget.Latest));
}

function sources(folder: string): URL[] {
  return [...Deno.readDirSync(new URL(folder, ROOT))].flatMap(({ name, isDirectory }) => {
    if (isDirectory) return sources(`${folder}${name}/`);
    const path = new URL(folder + name, ROOT);
    return name.endsWith(".ts") && !FOREIGN.test(path.pathname) ? [path] : [];
  });
}
