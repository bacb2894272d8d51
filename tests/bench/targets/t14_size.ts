/**
 * T14, SDK size, as it is served, gzip 9: `/client.js` and what it imports at once, what looks after a running call,
 * what a call on an SFU loads beyond that, and what makes short codes.
 *
 * @module
 */
import { gzipSync } from "node:zlib";
import * as esbuild from "esbuild";
import type { Figure } from "../report/figure.ts";

const DIST = new URL("../../../dist/", import.meta.url).pathname;
const ENTRY = "client.js";
type ImportKind = "import-statement" | "dynamic-import";

const BOUND_BYTES = { mesh: 20_000, sfu: 8_000 };

export async function t14(): Promise<Figure[]> {
  const { atOnce, part } = await loaded();
  return [
    figure("SDK, min + gzip", atOnce, BOUND_BYTES.mesh),
    figure("what the offer/answer transport and the switch add", part("switch"), BOUND_BYTES.sfu),
    figure("  what looks after a running call, once somebody else is there", part("care")),
    figure("  what makes short codes, when one is asked for", part("code")),
  ];
}

function figure(what: string, paths: string[], bound?: number): Figure {
  const files = paths.map((path) => {
    const bytes = Deno.readFileSync(DIST + path);
    return { path, bytes: bytes.length, gzip: gzipSync(bytes, { level: 9 }).length };
  });
  const sum = (of: "gzip" | "bytes") => files.reduce((total, file) => total + file[of], 0);
  return {
    kind: "measured",
    target: "T14",
    what,
    value: sum("gzip"),
    unit: "B",
    ...bound !== undefined && { bound: { is: "at most", value: bound } as const },
    note: `${paths.join(" + ")}, ${sum("bytes")} B before gzip`,
    samples: files,
  };
}

interface Loaded {
  /** The entry with all that it imports statically. */
  readonly atOnce: string[];
  /** What it imports on demand under that name, with all that does statically and is not there already. */
  part(name: string): string[];
}

async function loaded(): Promise<Loaded> {
  try {
    const { metafile } = await esbuild.build({
      absWorkingDir: DIST,
      entryPoints: [ENTRY],
      bundle: true,
      splitting: true,
      format: "esm",
      write: false,
      metafile: true,
      outdir: "unused",
      logLevel: "silent",
    });
    const imports = (path: string, kind: ImportKind) =>
      metafile.inputs[path]!.imports.filter((found) => found.kind === kind)
        .map((found) => found.path);
    const closure = (entry: string, kinds: ImportKind[]) => {
      const found = new Set([entry]);
      for (const path of found) {
        for (const kind of kinds) for (const other of imports(path, kind)) found.add(other);
      }
      return [...found];
    };
    const atOnce = closure(ENTRY, ["import-statement"]);
    const all = closure(ENTRY, ["import-statement", "dynamic-import"]);
    const part = (name: string) => {
      const [entry, ...others] = all.filter((path) => path.startsWith(`client-${name}-`));
      if (entry === undefined || others.length > 0) {
        throw new Error(`Cannot weigh "${name}": ${all.join(", ")} are loaded; expected one of it`);
      }
      return closure(entry, ["import-statement"]).filter((path) => !atOnce.includes(path));
    };
    return { atOnce, part };
  } finally {
    await esbuild.stop();
  }
}
