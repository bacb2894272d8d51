/** Fields that a log line may hold. A closed list: no room for a token, a secret or a session description. */
export interface LogFields {
  tenant?: string;
  room?: string;
  participant?: string;
  node?: string;
  region?: string;
  code?: string | number;
  method?: string;
  route?: string;
  status?: number;
  durationMs?: number;
  count?: number;
  url?: string;
  store?: string;
  bus?: string;
  signal?: string;
  error?: string;
  mode?: string;
  epoch?: number;
  reason?: string;
  sfu?: string;
  offsetMs?: number;
  variables?: string;
}

export type Level = "info" | "warn" | "error";

/** Writes one JSON object a line: `time`, `level`, `event`, then the fields. */
export type Log = (level: Level, event: string, fields?: LogFields) => void;

/** Logs to standard output, where platforms and `OTEL_DENO` collect it. */
export const consoleLog: Log = (level, event, fields = {}) => {
  const line = JSON.stringify({ time: new Date().toISOString(), level, event, ...fields });
  try {
    if (level === "error") console.error(line);
    else console.log(line);
  } catch {
    // A full disk or a reader that is gone: a lost line must not become a lost call.
  }
};

/** A log for an error that nobody expected: its message and where it came from. */
export function errorText(error: unknown): string {
  return error instanceof Error ? error.stack ?? error.message : String(error);
}
