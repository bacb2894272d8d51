import type { Bus, BusMessage } from "./mod.ts";

/** Inboxes in this process's memory: for one node, and for tests of several. */
export function memoryBus(): Bus {
  const inboxes = new Map<string, (message: BusMessage) => void>();
  return {
    publish(node, message) {
      // A copy, later: as over a network, so that no one can lean on shared objects or on being synchronous.
      const text = JSON.stringify(message);
      queueMicrotask(() => inboxes.get(node)?.(JSON.parse(text)));
    },
    subscribe(node, receive) {
      inboxes.set(node, receive);
      return Promise.resolve(() => {
        inboxes.delete(node);
        return Promise.resolve();
      });
    },
  };
}
