import type { Browser } from "playwright-core";
import { joinFrom, serveCallPage } from "../e2e/call_page.ts";
import { Api } from "./api.ts";
import { launchBrowser, type TestPage } from "./browser.ts";
import { type Service, startService } from "./service.ts";

/** A service, a browser and a page of the SDK: calls of people of one room after the other. `await using` ends all. */
export class SmallCalls implements AsyncDisposable {
  readonly api: Api;
  room = "";
  readonly #open: AsyncDisposable[] = [];

  private constructor(
    readonly service: Service,
    readonly site: ReturnType<typeof serveCallPage>,
    readonly browser: Browser,
  ) {
    this.api = Api.over(service.url);
  }

  static async start(): Promise<SmallCalls> {
    const service = await startService();
    return new SmallCalls(service, serveCallPage(service.url), await launchBrowser());
  }

  /** From now on people enter a new room. */
  async makeRoom(settings?: Parameters<Api["makeRoom"]>[0]): Promise<string> {
    return this.room = (await this.api.makeRoom(settings)).id;
  }

  /** Opens a page that joins; it is there until `clear`, unless it is closed before. */
  async enter(identity: string): Promise<TestPage> {
    const token = await this.api.makeToken(this.room, identity);
    return this.keep(
      await joinFrom(this.browser, this.site.url, { url: this.service.url, token }),
    );
  }

  /** Has `clear` close this too. */
  keep<T extends AsyncDisposable>(one: T): T {
    this.#open.push(one);
    return one;
  }

  /** Closes all that there is, the latest first: for the end of each test. */
  async clear(): Promise<void> {
    for (const one of this.#open.splice(0).reverse()) await one[Symbol.asyncDispose]();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.clear();
    await this.browser.close();
    await this.site[Symbol.asyncDispose]();
    await this.service.stop();
  }
}
