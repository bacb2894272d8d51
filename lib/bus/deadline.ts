/**
 * Calls `late` after `ms`. A process that stood still has not read what came meanwhile, so a timer that is late itself
 * waits once more. The answer cancels it.
 */
export function deadline(ms: number, late: () => void): () => void {
  let timer = wait();
  return () => clearTimeout(timer);

  function wait(): ReturnType<typeof setTimeout> {
    const dueMs = Date.now() + ms;
    return setTimeout(() => {
      if (Date.now() - dueMs > ms / 4) timer = wait();
      else late();
    }, ms);
  }
}
