import type { Browser } from "playwright-core";
import type { TestPage } from "../../helpers/browser.ts";
import type { Host } from "../host.ts";
import type { Lab } from "../lab.ts";
import { pathsOf } from "../paths.ts";

/** Invisible browsers that are in calls for a person who plays with a lab, with a made-up camera. One in each host. */
export class Visitors implements AsyncDisposable {
  readonly #visitors = new Map<string, { browser: Browser; opened: TestPage }>();

  constructor(readonly lab: Lab) {}

  /** Joins a room of the demo, under the host's name; out of the one before, if there is one. */
  async join(host: Host, room: string): Promise<void> {
    await this.leave(host);
    const browser = await host.browser();
    try {
      const token = await this.#token(room, host.name);
      const opened = await this.lab.join(browser, host, room, { token });
      this.#visitors.set(host.name, { browser, opened });
    } catch (error) {
      await browser.close();
      throw error;
    }
  }

  async leave(host: Host): Promise<void> {
    await this.#visitors.get(host.name)?.browser.close();
    this.#visitors.delete(host.name);
  }

  /** How its connections go now, a line each; and whom it sees and hears. */
  async look(host: Host): Promise<string[]> {
    const page = this.#page(host);
    const paths = (await pathsOf(page)).map(
      ({ way, local, remote, relayProtocol, roundTripMs }) => {
        const relay = relayProtocol === undefined ? "" : ` over ${relayProtocol}`;
        const time = roundTripMs === undefined ? "?" : Math.round(roundTripMs);
        return `${way}: ${local}${relay} to ${remote}, ${time} ms there and back`;
      },
    );
    const others = await page.evaluate(() =>
      [...globalThis.call.participants.values()].map(({ name, connection }) =>
        `${name}: ${connection}`
      )
    );
    if (others.length === 0) return [`${host.name} is alone in the call`];
    return [...paths.length > 0 ? paths : ["no path stands now"], ...others];
  }

  /** What its SDK says of the call, a line for itself and one for each other. */
  async ask(host: Host): Promise<string[]> {
    return await this.#page(host).evaluate(() => {
      const { state, topology: { mode, reason }, adaptation, participants } = globalThis.call;
      const others = [...participants.values()].map(({ name, connection, quality, paused }) =>
        `${name}: ${connection}, quality ${quality}${paused ? ", camera paused" : ""}`
      );
      const sent = `sends ${adaptation.sending} (${adaptation.reason})`;
      return [`${state}, ${mode} (${reason}), ${sent}`, ...others];
    });
  }

  #page({ name }: Host): TestPage["page"] {
    const visitor = this.#visitors.get(name);
    if (visitor !== undefined) return visitor.opened.page;
    throw new Error(`${name} is in no call; type "${name} join" first`);
  }

  async #token(room: string, name: string): Promise<string> {
    const answer = await fetch(`${this.lab.nodes[0]!.url}/demo/rooms/${room}/tokens`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ name }),
      signal: AbortSignal.timeout(5_000),
    }).catch((cause) => {
      throw new Error('the service does not answer; "node start" starts it', { cause });
    });
    const body = await answer.json();
    if (answer.ok) return body.token;
    throw new Error(`there is no token to be had: ${body.detail}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { browser } of this.#visitors.values()) await browser.close();
  }
}
