/**
 * Does some work again and again, `ms` after its last end; `late`: by how many ms the process was held up. The answer
 * stops it; what is under way runs on.
 */
export function every(
  ms: number,
  work: (now: number, late: number) => Promise<void> | void,
): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let state: "running" | "stopped" = "running";
  const again = () => {
    if (state === "stopped") return;
    const due = Date.now() + ms;
    timer = setTimeout(() => {
      const now = Date.now();
      // In an async function, so that what it throws at once is a rejection too.
      (async () => await work(now, now - due))().then(again, again);
    }, ms);
  };
  again();
  return () => {
    state = "stopped";
    clearTimeout(timer);
  };
}
