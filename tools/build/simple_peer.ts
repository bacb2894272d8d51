/**
 * simple-peer without what calls have no use for. It is made for streams of data: it counts what it has sent, looks for the
 * addresses that were chosen, renegotiates. Calls only have it make and answer one offer.
 *
 * @module
 */
import type * as esbuild from "esbuild";

/** What nobody calls. */
const UNCALLED = [
  "bufferSize",
  "connected",
  "address",
  "send",
  "addTransceiver",
  "addStream",
  "addTrack",
  "replaceTrack",
  "removeTrack",
  "removeStream",
  "_read",
  "_write",
  "_onFinish",
  "_onInterval",
  "getStats",
  "_debug",
];

/** What is called, and whose doings nobody needs. */
const IDLE = [
  "_startIceCompleteTimeout",
  "_requestMissingTransceivers",
  "_maybeReady",
  "_onTrack",
  "_onChannelMessage",
  "_onChannelBufferedAmountLow",
  "_onChannelOpen",
];

/** Its traces, forty calls whose texts nobody ever reads. */
const TRACE = /this\._debug\((?:[^()]|\([^()]*\))*\)/g;

/** Takes out of its source what is named above. @throws {Error} if it is not the version that it was. */
export function leanSource(source: string): string {
  let lean = source.replace(TRACE, "undefined");
  for (const name of [...UNCALLED, ...IDLE]) {
    // Its methods, and nothing else, begin and end at two spaces.
    const method = new RegExp(`^  (?:get )?${name} \\((.*)\\) \\{(?:\\}|\\n[^]*?^  \\})$`, "m");
    if (!method.test(lean)) {
      throw new Error(
        `Cannot take "${name}" out of simple-peer: expected the method in its source`,
      );
    }
    lean = lean.replace(method, UNCALLED.includes(name) ? "" : `  ${name} () {}`);
  }
  return lean;
}

/** For the bundler. */
export const LEAN_SIMPLE_PEER: esbuild.Plugin = {
  name: "lean simple-peer",
  setup: ({ onLoad }) =>
    onLoad({ filter: /[/\\]simple-peer[/\\]index\.js$/ }, async ({ path }) => ({
      contents: leanSource(await Deno.readTextFile(path)),
    })),
};
