/**
 * What the kernel counts for a process (proc(5)).
 *
 * @module
 */

/** Linux reports CPU time to user space in ticks of 1/100 s. */
const TICKS_PER_SECOND = 100;

/** Whether this system tells of its processes under /proc. */
export function hasProc(): boolean {
  return Deno.build.os === "linux";
}

/** CPU that the process has used so far, user and system, all threads; in s, to 10 ms. */
export function cpuSeconds(pid: number): number {
  const stat = Deno.readTextFileSync(`/proc/${pid}/stat`);
  // The second field is the program's name in parentheses and may itself hold spaces and parentheses.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  // The rest begins with field 3; utime and stime are fields 14 and 15.
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

/** How long the main thread of the process has run so far, and how long it was ready to and waited for a CPU; in s. */
export function mainThread(pid: number): { readonly ran: number; readonly waited: number } {
  const [ran, waited] = Deno.readTextFileSync(`/proc/${pid}/schedstat`).split(" ").map(Number);
  return { ran: ran! / 1e9, waited: waited! / 1e9 };
}

/** What all processors of the machine have done since it started, in ticks. */
export interface MachineTime {
  readonly idle: number;
  readonly all: number;
}

export function machineTime(): MachineTime {
  const [first] = Deno.readTextFileSync("/proc/stat").split("\n", 1);
  const ticks = first!.split(/\s+/).slice(1).map(Number);
  // Fields 4 and 5: idle, and idle while a disk is waited for.
  return { idle: ticks[3]! + ticks[4]!, all: ticks.reduce((sum, n) => sum + n) };
}

/** Which share of the machine was busy between two times, 0 to 1. */
export function busyShare(from: MachineTime, to: MachineTime): number {
  return 1 - (to.idle - from.idle) / (to.all - from.all);
}

/** Resident memory of the process, in bytes. */
export function residentBytes(pid: number): number {
  const status = Deno.readTextFileSync(`/proc/${pid}/status`);
  const kib = /^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1];
  if (kib === undefined) throw new Error(`Cannot read the RSS of process ${pid}: expected VmRSS`);
  return Number(kib) * 1024;
}

/** Open files that this process and its children may have. */
export function openFileLimit(): number {
  const limits = Deno.readTextFileSync("/proc/self/limits");
  const soft = /^Max open files\s+(\d+|unlimited)/m.exec(limits)?.[1];
  return soft === "unlimited" ? Infinity : Number(soft);
}

/** Resolves after `ms`: the bench itself waits only for time to go by. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
