import { hasProc } from "./proc.ts";

/** What was measured on. */
export interface Machine {
  readonly cores: number;
  readonly cpu: string;
  readonly memoryBytes: number;
  readonly os: string;
  readonly deno: string;
}

export function describeMachine(): Machine {
  return {
    cores: navigator.hardwareConcurrency,
    cpu: cpuModel(),
    memoryBytes: Deno.systemMemoryInfo().total,
    os: `${Deno.build.os} ${Deno.osRelease()}`,
    deno: Deno.version.deno,
  };
}

/** For people. */
export function machineText({ cores, cpu, memoryBytes, os, deno }: Machine): string {
  return `${cores} cores (${cpu}), ${Math.round(memoryBytes / 1e9)} GB, ${os}, Deno ${deno}`;
}

function cpuModel(): string {
  if (!hasProc()) return Deno.build.arch;
  const info = Deno.readTextFileSync("/proc/cpuinfo");
  return /^model name\s*:\s*(.+)$/m.exec(info)?.[1] ?? Deno.build.arch;
}
