/**
 * Does some work again and again, `ms` after its last end; `late`: by how many ms the process was held up. The answer
 * stops it; what is under way runs on.
 */
export function every(ms: number, work: (now: number, late: number) => Promise<void>): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let state: "running" | "stopped" = "running";
  const again = () => {
    if (state === "stopped") return;
    const due = Date.now() + ms;
    timer = setTimeout(() => {
      const now = Date.now();
      work(now, now - due).finally(again);
    }, ms);
  };
  again();
  return () => {
    state = "stopped";
    clearTimeout(timer);
  };
}
