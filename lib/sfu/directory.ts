/**
 * Which SFUs there are, and how they are: those of this node's configuration as this node sees them, and those that
 * run within other nodes, as those tell by their signs of life.
 *
 * @module
 */
import type { Sfu, SfuInfo, SfuReach } from "./mod.ts";

/** What a node tells the others of an SFU. */
export interface SfuRecord extends SfuInfo {
  reach: SfuReach;
  health: "up" | "down";
  /** Participants that it has now. */
  load: number;
}

/** What nodes told by their last signs of life, and which SFUs are being emptied, by id. */
export interface SfuNews {
  nodes: Readonly<Record<string, readonly SfuRecord[]>>;
  draining: readonly string[];
}

/** An SFU as a decision sees it. */
export interface SfuView extends SfuInfo {
  state: "ok" | "draining" | "down";
  load: number;
  /** By way of which node it is controlled; absent: by any. */
  node?: string;
  /** Why it is down, as this node sees it; without secrets. */
  reason?: string;
}

/** For how long those who go to an SFU are counted by whoever sent them: longer than it takes to open and to be told. */
const EXPECTED_MS = 5_000;

/** The SFUs that this node knows. */
export class SfuDirectory {
  /** This node's own, by id. */
  readonly own: ReadonlyMap<string, Sfu>;
  readonly #node: string;
  #news: SfuNews = { nodes: {}, draining: [] };
  /** This node's hosted ones end with it. */
  #state: "serving" | "draining" = "serving";
  #views: readonly SfuView[] | undefined;
  readonly #listeners = new Set<() => void>();
  /** Participants on their way to an SFU, which does not count them yet. */
  readonly #expected: { id: string; count: number; until: number }[] = [];

  constructor(node: string, own: readonly Sfu[]) {
    this.#node = node;
    this.own = new Map(own.map((sfu) => [sfu.info.id, sfu]));
    for (const sfu of own) sfu.onHealth(() => this.#changed());
  }

  /** All of them, by id. */
  get views(): readonly SfuView[] {
    return this.#views ??= this.#look();
  }

  get(id: string): SfuView | undefined {
    return this.views.find((sfu) => sfu.id === id);
  }

  /** What this node tells the others. */
  get records(): SfuRecord[] {
    return [...this.own.values()].map(({ info, reach, health, load }) => ({
      ...info,
      reach,
      health: this.#ends(reach) ? "down" : health,
      load,
    }));
  }

  /** Calls `listener` whenever the health of any may have changed. */
  onChange(listener: () => void): void {
    this.#listeners.add(listener);
  }

  /** So many are about to come to an SFU, which will have said so in a while. */
  expect(id: string, count: number, now: number): void {
    this.#expected.push({ id, count, until: now + EXPECTED_MS });
    this.#views = undefined;
  }

  /** Takes in what the others tell. */
  hear(news: SfuNews, now = Date.now()): void {
    while (this.#expected[0] && this.#expected[0].until <= now) this.#expected.shift();
    const before = statesOf(this.views);
    this.#news = news;
    this.#views = undefined;
    if (statesOf(this.views) !== before) this.#changed();
  }

  /** This node is about to end: rooms at an SFU within it have to move. */
  drain(): void {
    this.#state = "draining";
    this.#changed();
  }

  async close(): Promise<void> {
    await Promise.all([...this.own.values()].map((sfu) => sfu.close()));
  }

  #ends(reach: SfuReach): boolean {
    return reach === "hosted" && this.#state === "draining";
  }

  #changed(): void {
    this.#views = undefined;
    for (const listener of this.#listeners) listener();
  }

  #look(): SfuView[] {
    const views = new Map<string, SfuView>();
    for (const [node, records] of Object.entries(this.#news.nodes)) {
      if (node === this.#node) continue;
      // Of what every node can control, each has to see for itself whether it can.
      for (const record of records.filter(({ reach }) => reach === "hosted")) {
        views.set(record.id, this.#view(record, node));
      }
    }
    for (const { info, reach, health, load, reason } of this.own.values()) {
      const record = { ...info, reach, health, load };
      const view = this.#view(record, reach === "hosted" ? this.#node : undefined);
      views.set(info.id, { ...view, ...(reason && { reason }) });
    }
    return [...views.values()].toSorted((a, b) => a.id < b.id ? -1 : 1);
  }

  #view({ reach, health, ...record }: SfuRecord, node: string | undefined): SfuView {
    const { id, region, capacity, probe } = record;
    const coming = this.#expected.filter((one) => one.id === id);
    const load = record.load + coming.reduce((sum, { count }) => sum + count, 0);
    const isDraining = this.#news.draining.includes(id) ||
      (node === this.#node && this.#ends(reach));
    const state = health === "down" ? "down" : isDraining ? "draining" : "ok";
    return { id, region, capacity, load, state, ...(probe && { probe }), ...(node && { node }) };
  }
}

function statesOf(views: readonly SfuView[]): string {
  return views.map(({ id, state }) => `${id} ${state}`).join();
}

/** One address for each region to measure how far it is; none where there is nothing to choose. */
export function probesOf(views: readonly SfuView[]): Record<string, string> | undefined {
  const probes = Object.fromEntries(
    views.flatMap(({ region, probe, state }) => probe && state === "ok" ? [[region, probe]] : []),
  );
  return Object.keys(probes).length > 1 ? probes : undefined;
}
