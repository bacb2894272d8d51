import type { Metafile } from "esbuild";

/** What a module adds to a file, minified, in bytes. */
export interface Module {
  readonly path: string;
  readonly bytes: number;
}

export interface Bundle {
  readonly file: string;
  readonly bytes: number;
  /** The largest first. */
  readonly modules: readonly Module[];
}

/** What the files of a build are made of. */
export function modulesOf({ outputs }: Metafile): Bundle[] {
  return Object.entries(outputs).filter(([path]) => path.endsWith(".js"))
    .map(([path, { bytes, inputs }]) => ({
      file: path.slice(path.lastIndexOf("/") + 1).replace(/-[A-Z0-9]{8}\.js$/, ".js"),
      bytes,
      modules: Object.entries(inputs)
        .map(([path, { bytesInOutput }]) => ({ path: shortened(path), bytes: bytesInOutput }))
        .filter(({ bytes }) => bytes > 0)
        .sort((a, b) => b.bytes - a.bytes),
    }));
}

/** Of a package only its name and the file's. */
function shortened(path: string): string {
  return path.replace(/^.*node_modules\/(?:\.deno\/[^/]+\/node_modules\/)?/, "");
}
