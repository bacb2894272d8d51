import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import type { Browser, Page } from "playwright-core";
import { POLICY } from "../../lib/policy.ts";
import { type Balancer, startBalancer } from "../helpers/balancer.ts";
import { becomes } from "../helpers/becomes.ts";
import { launchBrowser, waitFor } from "../helpers/browser.ts";
import { type Cluster, startCluster } from "../helpers/cluster.ts";
import { forceTopology } from "../helpers/force_topology.ts";
import { type JanusServer, startJanus } from "../helpers/janus_server.ts";
import { comesBy, decodesMore, framesOf, joinFrom, perceives, serveCallPage } from "./call_page.ts";

const PEOPLE = ["ada", "bob", "cleo", "dan", "eve"];
/** So little that two processors carry five people who each decode four others. */
const MEDIA = { audio: true, video: { width: 80, height: 60, frameRate: 5 } };

/** Two nodes on one Redis, Januses that both can use, and a browser. */
class Stage implements AsyncDisposable {
  readonly #stack = new AsyncDisposableStack();
  janus: JanusServer[] = [];
  cluster!: Cluster;
  balancer!: Balancer;
  browser!: Browser;
  site!: ReturnType<typeof serveCallPage>;

  static async set(count: number): Promise<Stage> {
    const stage = new Stage();
    const stack = stage.#stack;
    for (let i = 0; i < count; i++) stage.janus.push(stack.use(await startJanus()));
    const urls = stage.janus.map((janus, i) => janus.sfuUrl({ id: `janus${i}` }));
    stage.cluster = stack.use(await startCluster({ nodes: 2, env: { SFU_URLS: urls.join() } }));
    stage.balancer = stack.use(startBalancer(stage.cluster.nodes.map(({ url }) => url)));
    stage.site = stack.use(serveCallPage(stage.balancer.url));
    stage.browser = await launchBrowser();
    stack.defer(() => stage.browser.close());
    return stage;
  }

  /** People of one room, by turns on each node. */
  async call(room: string, count: number): Promise<Page[]> {
    const pages: Page[] = [];
    const { api } = this.cluster.nodes[0]!;
    for (const [i, identity] of PEOPLE.slice(0, count).entries()) {
      this.balancer.prefer(i % 2);
      const token = await api.makeToken(room, identity);
      const options = { url: this.balancer.url, token, media: MEDIA };
      pages.push((await joinFrom(this.browser, this.site.url, options)).page);
    }
    this.balancer.prefer();
    return pages;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#stack.disposeAsync();
  }
}

async function allPerceiveAll(pages: Page[]): Promise<void> {
  const people = PEOPLE.slice(0, pages.length);
  await Promise.all(pages.map((page, i) => perceives(page, people.filter((_, j) => j !== i))));
}

/** Everyone decodes more of everyone from now on. */
async function allGoOn(pages: Page[]): Promise<void> {
  await Promise.all(
    pages.flatMap((page, i) =>
      PEOPLE.slice(0, pages.length).filter((_, j) => j !== i).map(async (identity) => {
        await decodesMore(page, identity, await framesOf(page, identity));
      })
    ),
  );
}

describe("a call on two nodes, with Janus", () => {
  it("too large for the mesh goes on at the other Janus when the one that has it is killed", async () => {
    await using stage = await Stage.set(2);
    const { cluster, janus } = stage;
    const room = await cluster.room({ topology: { mode: "sfu" } });
    const pages = await stage.call(room, POLICY.topology.meshComfort + 1);
    await allPerceiveAll(pages);
    await Promise.all(pages.map((page) => comesBy(page, "sfu")));
    const sfu = await pages[0]!.evaluate(() => globalThis.call.topology.sfu?.id);
    assert(sfu === "janus0" || sfu === "janus1", sfu);
    await janus[Number(sfu.at(-1))]!.kill();
    const other = sfu === "janus0" ? "janus1" : "janus0";
    await Promise.all(
      pages.map((page) =>
        waitFor(page, (other) => globalThis.call.topology.sfu?.id === other, 30_000, other)
      ),
    );
    await Promise.all(pages.map((page) => comesBy(page, "sfu")));
    await allGoOn(pages);
  });

  it("goes on without a gap when the node dies that half of its sessions are on", async () => {
    await using stage = await Stage.set(1);
    const { cluster, janus } = stage;
    const room = await cluster.room({ topology: { mode: "sfu" } });
    const pages = await stage.call(room, 3);
    await allPerceiveAll(pages);
    const before = await janus[0]!.sessions();
    await cluster.nodes[1]!.kill();
    await waitFor(pages[1]!, () => globalThis.happened.includes("state connected"));
    await allGoOn(pages);
    const happened = await Promise.all(
      pages.map((page) => page.evaluate(() => globalThis.happened)),
    );
    assertEquals(happened.flat().filter((event) => event.startsWith("left")), []);
    assertEquals(happened.flat().filter((event) => event.startsWith("topology mesh")), []);
    const after = await janus[0]!.sessions();
    const gone = before.filter((id) => !after.includes(id));
    assert(gone.length <= 1, "all but the dead node's own were taken over, none was made anew");
  });

  it("leaves nothing at Janus when it has come down and everyone is gone", async () => {
    await using stage = await Stage.set(1);
    const { cluster, janus } = stage;
    const room = await cluster.room();
    const { api } = cluster.nodes[0]!;
    const before = (await janus[0]!.sessions()).length;
    const pages = await stage.call(room, 2);
    for (const way of ["sfu", "mesh", "sfu"] as const) {
      await forceTopology(api, room, way);
      await Promise.all(pages.map((page) => comesBy(page, way)));
    }
    for (const page of pages) await page.evaluate(() => globalThis.call.leave());
    await becomes(async () => [(await janus[0]!.sessions()).length, await janus[0]!.rooms()], [
      before,
      {},
    ], { withinMs: 10_000 });
  });
});
