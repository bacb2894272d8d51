import type { Round } from "../../bench/load/rounds.ts";

/** A round in which a server did so many signals per second of CPU, and nothing was the limit. */
export function round(perCpuSecond: number): Round {
  const none = { p50: 0, p99: 0 };
  return {
    perCpuSecond,
    utilization: 0.25,
    loadUtilization: 0.5,
    perSecond: perCpuSecond / 4,
    delayMs: none,
    lagMs: none,
  };
}
