/**
 * Calls between hosts of a lab: a browser in each host, started when it is first needed, and a room for each call.
 *
 * @module
 */
import { assert } from "@std/assert";
import type { Browser, Page } from "playwright-core";
import type { JoinOptions } from "../../client/mod.ts";
import { comesBy, perceives } from "../e2e/call_page.ts";
import type { TestPage } from "../helpers/browser.ts";
import { Lab, type LabOptions } from "./lab.ts";
import { type Path, pathsOf } from "./paths.ts";
import type { LabNode } from "./public/node.ts";

type Mode = "mesh" | "sfu";

export interface CallOptions {
  /** How the room is fixed; by default to the mesh. */
  mode?: Mode | "auto";
  /** By default the lab's first one. */
  node?: LabNode;
  media?: JoinOptions["media"];
}

/** A lab with a browser in each host. `await using` ends all. */
export class Stage implements AsyncDisposable {
  readonly #browsers = new Map<string, Browser>();

  private constructor(readonly lab: Lab) {}

  static async set(options: LabOptions): Promise<Stage> {
    return new Stage(await Lab.up(options));
  }

  /** The browser in a host. */
  async browser(host: string): Promise<Browser> {
    const browser = this.#browsers.get(host) ?? await this.lab.host(host).browser();
    this.#browsers.set(host, browser);
    return browser;
  }

  /** Has hosts join a room of their own, one after the other, each under its name. */
  async call(hosts: readonly string[], options: CallOptions = {}): Promise<StagedCall> {
    const { mode = "mesh", node = this.lab.nodes[0]!, media } = options;
    const room = (await node.api.makeRoom({ topology: { mode } })).id;
    await using stack = new AsyncDisposableStack();
    const pages = new Map<string, TestPage>();
    for (const name of hosts) {
      const browser = await this.browser(name);
      const page = await this.lab.join(browser, this.lab.host(name), room, { node, media });
      stack.defer(() => page.close());
      pages.set(name, page);
    }
    return new StagedCall(room, node, pages, stack.move());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const browser of this.#browsers.values()) await browser.close();
    await this.lab[Symbol.asyncDispose]();
  }
}

/** A call of several hosts. `await using` closes their pages. */
export class StagedCall implements AsyncDisposable {
  constructor(
    readonly room: string,
    readonly node: LabNode,
    /** By the names of the hosts. */
    readonly pages: ReadonlyMap<string, TestPage>,
    readonly stack: AsyncDisposableStack,
  ) {}

  page(host: string): Page {
    const page = this.pages.get(host)?.page;
    if (page !== undefined) return page;
    throw new Error(`Cannot find a page of "${host}": expected of ${[...this.pages.keys()]}`);
  }

  /** Resolves when all see and hear all, and all media comes by this way. */
  async stands(by: Mode): Promise<void> {
    const all = [...this.pages];
    await Promise.all(all.map(async ([host, { page }]) => {
      await perceives(page, all.map(([other]) => other).filter((other) => other !== host));
      await comesBy(page, by);
    }));
  }

  /** A path of this way that a host uses, the first one. @throws {Error} where there is none. */
  async path(host: string, way: Mode): Promise<Path> {
    const paths = await pathsOf(this.page(host));
    const path = paths.find((path) => path.way === way);
    assert(path !== undefined, `no connection of the ${way} stands: ${JSON.stringify(paths)}`);
    return path;
  }

  /** The path that each host uses, in the order of the hosts. */
  paths(way: Mode): Promise<Path[]> {
    return Promise.all([...this.pages.keys()].map((host) => this.path(host, way)));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stack.disposeAsync();
  }
}
