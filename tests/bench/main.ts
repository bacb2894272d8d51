/**
 * `deno task bench [T1 T3 ... UPLINK]`: measures the targets, all or those named; UPLINK is how a call bears a thin uplink. Prints a line per figure and writes bench/bench.json.
 * Ends with 0 also where a target is missed; with 1 where a measurement failed, which says nothing about the target.
 *
 * @module
 */
import { type Figure, line, verdict } from "./report/figure.ts";
import { hasProc } from "./system/proc.ts";
import { t1 } from "./targets/t1_relay.ts";
import { t10 } from "./targets/t10_node_killed.ts";
import { t11 } from "./targets/t11_handover.ts";
import { t12 } from "./targets/t12_ghosts.ts";
import { t13 } from "./targets/t13_storm.ts";
import { t2 } from "./targets/t2_peers.ts";
import { t14 } from "./targets/t14_size.ts";
import { t3 } from "./targets/t3_memory.ts";
import { t4 } from "./targets/t4_join.ts";
import { t6 } from "./targets/t6_store_cost.ts";
import { t7 } from "./targets/t7_first_frame.ts";
import { t8 } from "./targets/t8_promotion.ts";
import { t9 } from "./targets/t9_sfu_killed.ts";
import { uplink } from "./uplink.ts";
import { inFolder } from "./report/folder.ts";
import { withOpenFiles } from "./system/open_files.ts";

/** How much is measured: all, or what can be in a minute. */
export type Scale = "full" | "quick";

const TARGETS: Record<string, { run: (scale: Scale) => Promise<Figure[]>; needsProc?: true }> = {
  T1: { run: t1, needsProc: true },
  T2: { run: t2, needsProc: true },
  T3: { run: t3, needsProc: true },
  T4: { run: t4 },
  T6: { run: t6 },
  T7: { run: t7 },
  T8: { run: t8, needsProc: true },
  T9: { run: t9, needsProc: true },
  T10: { run: t10 },
  T11: { run: t11 },
  T12: { run: t12 },
  T13: { run: t13, needsProc: true },
  T14: { run: t14 },
  UPLINK: { run: uplink },
};

if (import.meta.main) Deno.exit(await main(Deno.args));

async function main(args: string[]): Promise<number> {
  const names = args.length > 0 ? args.map((name) => name.toUpperCase()) : Object.keys(TARGETS);
  const unknown = names.find((name) => !Object.hasOwn(TARGETS, name));
  if (unknown !== undefined) {
    console.error(`Cannot measure "${unknown}": expected of ${Object.keys(TARGETS).join(", ")}`);
    return 2;
  }
  const elsewhere = await withOpenFiles(import.meta.filename!, args);
  if (elsewhere !== undefined) return elsewhere;

  const loadBefore = Deno.loadavg();
  const figures: Figure[] = [];
  const failures: { target: string; error: string }[] = [];
  for (const target of names) {
    const result = await measure(target);
    if (typeof result === "string") failures.push({ target, error: result });
    else figures.push(...result);
  }
  const machine = describeMachine(loadBefore);
  console.log(machineLine(machine));
  const report = {
    date: new Date().toISOString(),
    machine,
    figures: figures.map((figure) => ({ ...figure, verdict: verdict(figure) })),
    failures,
  };
  await Deno.writeTextFile(await inFolder("bench.json"), JSON.stringify(report, null, 1) + "\n");
  return failures.length > 0 ? 1 : 0;
}

/** Prints and returns the figures of a target, or the reason for which there are none. */
async function measure(target: string): Promise<Figure[] | string> {
  const { run, needsProc } = TARGETS[target]!;
  try {
    const figures: Figure[] = needsProc && !hasProc()
      ? [{ kind: "not measured", target, what: "all", why: "this system has no /proc" }]
      : await run("full");
    for (const figure of figures) console.log(line(figure));
    return figures;
  } catch (error) {
    console.log(`${target.padEnd(4)} the measurement failed, see below`);
    console.error(error);
    return error instanceof Error ? error.message : String(error);
  }
}

function describeMachine(loadBefore: number[]) {
  return {
    cores: navigator.hardwareConcurrency,
    cpu: cpuModel(),
    memoryBytes: Deno.systemMemoryInfo().total,
    os: `${Deno.build.os} ${Deno.osRelease()}`,
    deno: Deno.version.deno,
    /** How busy it was: 1, 5 and 15 minutes, before and after. */
    loadBefore,
    loadAfter: Deno.loadavg(),
  };
}

function machineLine(machine: ReturnType<typeof describeMachine>): string {
  const { cores, cpu, memoryBytes, os, deno, loadBefore, loadAfter } = machine;
  const memory = `${Math.round(memoryBytes / 1e9)} GB`;
  const load = `load ${loadBefore[0]!.toFixed(2)} before, ${loadAfter[0]!.toFixed(2)} after`;
  return `measured on ${cores} cores (${cpu}), ${memory}, ${os}, Deno ${deno}, ${load}; written to bench/bench.json`;
}

function cpuModel(): string {
  if (!hasProc()) return Deno.build.arch;
  const info = Deno.readTextFileSync("/proc/cpuinfo");
  return /^model name\s*:\s*(.+)$/m.exec(info)?.[1] ?? Deno.build.arch;
}
