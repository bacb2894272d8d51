/**
 * What the page and its network do to a call.
 *
 * @module
 */
export interface PageEvents {
  /** The page closes, or is put away. */
  hidden(): void;
  /** The system says that the network is gone. It may err. */
  offline(): void;
  /** There is a network again, perhaps another one. */
  online(): void;
}

/** Watches until the returned function is called. */
export function watchPage(events: Partial<PageEvents>): () => void {
  const controller = new AbortController();
  const { signal } = controller;
  addEventListener("pagehide", () => events.hidden?.(), { signal });
  addEventListener("offline", () => events.offline?.(), { signal });
  addEventListener("online", () => events.online?.(), { signal });
  // Some systems say only that the network is of another kind.
  const { connection } = navigator as { connection?: EventTarget & { type?: string } };
  let type = connection?.type;
  connection?.addEventListener("change", () => {
    if (connection.type === type) return;
    type = connection.type;
    if (navigator.onLine) events.online?.();
  }, { signal });
  return () => controller.abort();
}
