/**
 * Several nodes without ports in a time of their own, on one store and one bus, each with a way of its own to the store.
 *
 * @module
 */
import { FakeTime } from "@std/testing/time";
import { memoryBus } from "../../lib/bus/memory.ts";
import { MemoryPresence } from "../../lib/presence/memory.ts";
import type { Sfu } from "../../lib/sfu/mod.ts";
import { type FakeNode, fakeNode, type FakeWire, makeRoom, ROOM } from "./fake_node.ts";
import { OddPresence } from "./odd_presence.ts";

/** A node with a way of its own to the store. */
export type OddNode = FakeNode & { store: OddPresence };

/** Nodes with ways of their own to one store, in a time of their own. */
export class Nodes implements Disposable {
  readonly time = new FakeTime();
  readonly memory = new MemoryPresence();
  readonly bus = memoryBus();
  readonly nodes: OddNode[] = [];
  readonly #stops: (() => Promise<void>)[] = [];

  /** `sfus`: what each node, from 1, can lift calls to. */
  static async make(count: number, sfus: (node: number) => Sfu[] = () => []): Promise<Nodes> {
    const nodes = new Nodes();
    for (let i = 1; i <= count; i++) {
      const store = new OddPresence(nodes.memory);
      const node = fakeNode({
        node: `n${i}`,
        presence: store,
        bus: nodes.bus,
        sfus: sfus(i),
      });
      nodes.nodes.push({ ...node, store });
      nodes.#stops.push(node.hub.start());
    }
    await makeRoom(nodes.nodes[0]!);
    return nodes;
  }

  /** Time goes by, in steps in which everything that is asked is answered. */
  async pass(ms: number): Promise<void> {
    for (const end = this.time.now + ms; this.time.now < end;) await this.time.tickAsync(250);
  }

  /** A node ends as by SIGKILL: it says nothing to anyone. */
  kill(index: number): void {
    this.nodes[index]!.store.goAway();
    this.#stops[index]!();
  }

  async members(): Promise<Record<string, string>> {
    const members = Object.values((await this.memory.read(ROOM))?.members ?? {});
    return Object.fromEntries(members.map(({ id, presence }) => [id, presence.state]));
  }

  [Symbol.dispose](): void {
    for (const stop of this.#stops) stop();
    this.time.restore();
  }
}

/** Frames that tell of others, beyond the welcome. */
export function told({ wire }: { wire: FakeWire }): string[] {
  return wire.frames.all.filter(({ type }) => type !== "welcome" && type !== "ping")
    .map((frame) => frame.type === "left" ? `left ${frame.id}` : frame.type);
}
