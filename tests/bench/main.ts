/**
 * `deno task bench [T1 T3 ...] [--quick]`: measures the targets, all or those named, and says each figure beside its target;
 * `--quick`: what can be had in a minute. Writes bench/: bench.json, report.md and its pictures. `--publish` measures nothing, and
 * copies a report of all targets to docs/bench/.
 *
 * Ends with 0 also where a target is missed; with 1 where a measurement failed, which says nothing about the target.
 *
 * @module
 */
import { type Figure, line } from "./report/figure.ts";
import { inFolder, publish, writeReport } from "./report/folder.ts";
import { readResults, type Result, type Scale, writeResults } from "./report/results.ts";
import { endChildrenWithThis } from "./system/cleanup.ts";
import { describeMachine, machineText } from "./system/machine.ts";
import { withOpenFiles } from "./system/open_files.ts";
import { hasProc } from "./system/proc.ts";
import { revision } from "./system/revision.ts";
import { clientCost } from "./targets/client_cost.ts";
import { growth } from "./targets/growth.ts";
import { saturation } from "./targets/saturation.ts";
import { t1 } from "./targets/t1_relay.ts";
import { t10 } from "./targets/t10_node_killed.ts";
import { t11 } from "./targets/t11_handover.ts";
import { t12 } from "./targets/t12_ghosts.ts";
import { t13 } from "./targets/t13_storm.ts";
import { t14 } from "./targets/t14_size.ts";
import { t2 } from "./targets/t2_peers.ts";
import { t3 } from "./targets/t3_memory.ts";
import { t4 } from "./targets/t4_join.ts";
import { t5 } from "./targets/t5_growth.ts";
import { t6 } from "./targets/t6_store_cost.ts";
import { t7 } from "./targets/t7_first_frame.ts";
import { t8 } from "./targets/t8_promotion.ts";
import { t9 } from "./targets/t9_sfu_killed.ts";
import { uplink } from "./uplink.ts";

interface Target {
  run(scale: Scale): Promise<Figure[]>;
  readonly needsProc?: true;
  /** Whether it can be had in some seconds. */
  readonly quick?: true;
}

const TARGETS: Readonly<Record<string, Target>> = {
  T1: { run: t1, needsProc: true, quick: true },
  T2: { run: t2, needsProc: true, quick: true },
  T3: { run: t3, needsProc: true },
  T4: { run: t4, quick: true },
  T5: { run: t5, needsProc: true },
  T6: { run: t6 },
  T7: { run: t7 },
  T8: { run: t8, needsProc: true },
  T9: { run: t9, needsProc: true },
  T10: { run: t10 },
  T11: { run: t11 },
  T12: { run: t12 },
  T13: { run: t13, needsProc: true },
  T14: { run: t14, quick: true },
  GROWTH: { run: growth, needsProc: true },
  SATURATION: { run: saturation, needsProc: true },
  CLIENT: { run: clientCost },
  UPLINK: { run: uplink },
};

if (import.meta.main) Deno.exit(await main(Deno.args));

async function main(args: string[]): Promise<number> {
  const flags = args.filter((arg) => arg.startsWith("-"));
  const named = args.filter((arg) => !arg.startsWith("-")).map((name) => name.toUpperCase());
  const unknown = flags.find((flag) => flag !== "--quick" && flag !== "--publish") ??
    named.find((name) => !Object.hasOwn(TARGETS, name));
  if (unknown !== undefined) {
    console.error(
      `Cannot measure "${unknown}": expected --quick, --publish, or of ${
        Object.keys(TARGETS).join(", ")
      }`,
    );
    return 2;
  }
  if (flags.includes("--publish")) return await published(args);
  endChildrenWithThis();
  const elsewhere = await withOpenFiles(import.meta.filename!, args);
  if (elsewhere !== undefined) return elsewhere;

  const scale: Scale = flags.includes("--quick") ? "quick" : "full";
  const all = Object.keys(TARGETS).filter((name) => scale === "full" || TARGETS[name]!.quick);
  // What was measured in a hurry does not take the place of what was not.
  const folder = scale === "quick" ? "quick/" : "";
  const path = await inFolder(`${folder}bench.json`);
  let results = await readResults(path);
  let failed = false;
  for (const target of named.length > 0 ? named : all) {
    const result = await measure(target, scale);
    failed ||= result.failure !== undefined;
    // Each time: whoever ends a long run early has what there is.
    results = { ...results, [target]: result };
    await writeResults(path, results);
    await writeReport(folder, results);
  }
  console.log(`measured on ${machineText(describeMachine())}; see bench/${folder}report.md`);
  return failed ? 1 : 0;
}

/** Copies a report that has all targets: it takes the place of one that has. */
async function published(args: readonly string[]): Promise<number> {
  const results = await readResults(await inFolder("bench.json"));
  const missing = Object.keys(TARGETS).filter((target) => !Object.hasOwn(results, target));
  if (args.length > 1 || missing.length > 0) {
    console.error(
      args.length > 1
        ? `Cannot measure and publish at once: expected --publish alone`
        : `Cannot publish bench/report.md: ${
          missing.join(", ")
        } never measured; expected all, as \`deno task bench\` does`,
    );
    return 2;
  }
  console.log(`copied to ${await publish()}`);
  return 0;
}

/** Prints and returns the figures of a target, or the reason for which there are none. */
async function measure(target: string, scale: Scale): Promise<Result> {
  const { run, needsProc } = TARGETS[target]!;
  const date = new Date();
  const [before] = Deno.loadavg();
  let figures: Figure[] = [];
  let failure: string | undefined;
  try {
    figures = needsProc && !hasProc()
      ? [{ kind: "not measured", target, what: "all", why: "this system has no /proc" }]
      : await run(scale);
    for (const figure of figures) console.log(line(figure));
  } catch (error) {
    console.log(`${target.padEnd(4)} the measurement failed, see below`);
    console.error(error);
    failure = error instanceof Error ? error.message : String(error);
  }
  return {
    date: date.toISOString(),
    seconds: (Date.now() - date.getTime()) / 1000,
    scale,
    machine: describeMachine(),
    revision: await revision(),
    load: { before: before!, after: Deno.loadavg()[0]! },
    figures,
    ...failure !== undefined && { failure },
  };
}
