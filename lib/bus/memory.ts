import type { Bus, Inbox } from "./mod.ts";

/** Inboxes in this process's memory: for one node, and for tests of several. */
export function memoryBus(): Bus {
  const inboxes = new Map<string, Inbox>();
  return {
    publish(node, message) {
      // A copy, later: as over a network, so that no one can lean on shared objects or on being synchronous.
      const text = JSON.stringify(message);
      queueMicrotask(() => inboxes.get(node)?.message(JSON.parse(text)));
    },
    subscribe(node, inbox) {
      inboxes.set(node, inbox);
      return Promise.resolve(() => {
        inboxes.delete(node);
        return Promise.resolve();
      });
    },
  };
}
