import type { Sfu, SfuInfo, SfuReach } from "../../lib/sfu/mod.ts";

/** An SFU of which only its health matters; it opens no sessions. */
export class SwitchableSfu implements Sfu {
  readonly info: SfuInfo;
  readonly load = 0;
  readonly reason = "";
  health: "up" | "down" = "up";
  readonly #listeners: (() => void)[] = [];

  constructor(id: string, readonly reach: SfuReach = "shared", info: Partial<SfuInfo> = {}) {
    this.info = { id, region: "local", capacity: 100, ...info };
  }

  onHealth(listener: () => void): void {
    this.#listeners.push(listener);
  }

  /** Goes up or down, and says so. */
  turn(health: "up" | "down"): void {
    this.health = health;
    for (const listener of this.#listeners) listener();
  }

  open(): Promise<never> {
    throw new Error("Cannot open a session: this SFU only has health");
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
