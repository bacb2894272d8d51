/**
 * The paths that a call's media takes, from the oldest to the newest, which is the one to take: made before the one
 * before it is let go.
 *
 * @module
 */
import { SLOTS } from "../../lib/sfu/mod.ts";
import type { SfuPath } from "./path.ts";
import type { Path } from "./seat.ts";

/** Who uses a path. */
export interface PathUse {
  /** Whether anyone is shown by it. */
  isShown(path: Path): boolean;
  /** Whether anyone may still show us by the path of this epoch. */
  isAwaited(epoch: number): boolean;
}

export class Paths {
  readonly mesh: Path;
  #all: Path[];

  /** `epoch`: of the mesh, by which it begins. */
  constructor(epoch: number) {
    this.mesh = { epoch, stalled: false, isFed: true };
    this.#all = [this.mesh];
  }

  get all(): readonly Path[] {
    return this.#all;
  }

  get current(): Path {
    return this.#all.at(-1)!;
  }

  add(path: Path): void {
    this.#all = [...this.#all, path];
  }

  /** The mesh is the one to take again. */
  takeMesh(epoch: number): void {
    this.mesh.epoch = epoch;
    this.#all = [...this.#all.filter((path) => path !== this.mesh), this.mesh];
  }

  /** The newest by an SFU of this epoch: those before it have nothing more to ask or to be told. */
  ofEpoch(epoch: number): SfuPath | undefined {
    return this.#all.findLast((path) => path.epoch === epoch && path.sfu !== undefined)?.sfu;
  }

  /**
   * Lets the older ones by SFUs go that nobody uses any more; the epochs whose sessions are over by that. `isOverdue`:
   * the newest has been the one to take for so long that nobody is waited for any more.
   */
  retire(use: PathUse, isOverdue: boolean): number[] {
    const over: number[] = [];
    const { current } = this;
    for (const path of this.#all) {
      const { sfu, epoch } = path;
      if (path === current || sfu === undefined) continue;
      if (epoch === current.epoch) {
        // What was made in its place sends by now in its place.
        if (!use.isShown(path)) this.#drop(path);
        continue;
      }
      const waits = !isOverdue && use.isAwaited(epoch);
      if (path.isFed && !waits) {
        path.isFed = false;
        for (const kind of SLOTS) sfu.send(kind, null);
      }
      if (waits || (use.isShown(path) && !isOverdue)) continue;
      if (this.ofEpoch(epoch) === sfu) over.push(epoch);
      this.#drop(path);
    }
    return over;
  }

  close(): void {
    for (const path of this.#all) path.sfu?.close();
  }

  #drop(path: Path): void {
    this.#all = this.#all.filter((other) => other !== path);
    path.sfu?.close();
  }
}
