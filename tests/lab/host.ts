import type { Browser } from "playwright-core";
import { launchBrowser } from "../helpers/browser.ts";
import type { NatKind } from "./nat.ts";
import type { Namespace } from "./namespace.ts";
import type { Router } from "./router.ts";
import type { Impairment } from "./wire/impairment.ts";
import type { Counters } from "./wire/link.ts";
import type { Direction } from "./wire/wire.ts";

/** A network that a host can be in: what its router does, and how its access link is. */
export interface NetworkPlan {
  readonly nat: NatKind;
  readonly uplink?: Partial<Impairment>;
  readonly downlink?: Partial<Impairment>;
}

type Changes = Partial<Impairment>;

/** Where a host is; it has a device of this network's name there. */
interface Place {
  readonly network: string;
  readonly address: string;
}

/** A machine behind a router, with browsers of its own; can be moved to another network of its plan. */
export class Host {
  #place: Place | undefined;
  #cut = false;
  readonly #links = new Map<string, Record<Direction, Changes>>();

  constructor(
    readonly name: string,
    readonly namespace: Namespace,
    /** By the name of the network. */
    readonly routers: ReadonlyMap<string, Router>,
    plans: Readonly<Record<string, NetworkPlan>>,
    /** Arguments for its browsers. */
    readonly browserArgs: readonly string[],
  ) {
    for (const [network, { uplink = {}, downlink = {} }] of Object.entries(plans)) {
      this.#links.set(network, { uplink, downlink });
    }
  }

  /** Name of the network that it is in; undefined when it is in none. */
  get network(): string | undefined {
    return this.#place?.network;
  }

  /** Its own address; routers show another one. */
  get address(): string | undefined {
    return this.#place?.address;
  }

  /** What the router does through which it reaches others now. */
  get nat(): NatKind | undefined {
    return this.#router?.kind;
  }

  /** What its links in this network were given, uplink and downlink. */
  get links(): Readonly<Partial<Record<Direction, Changes>>> {
    return this.#place === undefined ? {} : this.#links.get(this.#place.network)!;
  }

  /** Whether everything gets lost. */
  get isCut(): boolean {
    return this.#cut;
  }

  get #router(): Router | undefined {
    return this.#place && this.routers.get(this.#place.network);
  }

  /** Goes to a network, with an address that it had not before; the device of the one before is gone first. */
  async move(network: string): Promise<void> {
    const router = this.routers.get(network);
    if (router === undefined) {
      throw new Error(
        `Cannot move ${this.name} to "${network}": expected of ${[...this.routers.keys()].join()}`,
      );
    }
    await this.leave();
    this.#place = { network, address: await router.admit(this.namespace, network) };
    for (const direction of ["uplink", "downlink"] as const) await this.#apply(direction);
  }

  /** Gets another address in the network that it is in. */
  async readdress(): Promise<void> {
    const { network } = this.#here("change the address");
    this.#place = { network, address: await this.#router!.readdress(this.namespace, network) };
  }

  /** Loses everything of a protocol, in the network that it is in, until the returned function is called. */
  block(protocol: "tcp" | "udp"): Promise<() => Promise<void>> {
    this.#here(`block ${protocol}`);
    return this.#router!.block(protocol);
  }

  /** Is in no network: there is no device but the loopback. */
  async leave(): Promise<void> {
    await this.#router?.dismiss();
    this.#place = undefined;
  }

  /** Changes the link from the host to its network, now and for as long as it is not changed again. */
  uplink(changes: Changes): Promise<void> {
    return this.#change("uplink", changes);
  }

  /** Changes the link from its network to the host. */
  downlink(changes: Changes): Promise<void> {
    return this.#change("downlink", changes);
  }

  /** Changes both. */
  async link(changes: Changes): Promise<void> {
    await Promise.all([this.uplink(changes), this.downlink(changes)]);
  }

  /** Everything gets lost from now on, in whatever network it is, both ways; the device stays. */
  async cut(): Promise<void> {
    this.#cut = true;
    await Promise.all([this.#apply("uplink"), this.#apply("downlink")]);
  }

  /** Ends the cut: the links are as they were before. */
  async restore(): Promise<void> {
    this.#cut = false;
    await Promise.all([this.#apply("uplink"), this.#apply("downlink")]);
  }

  /** What has gone each way since it came to its network. */
  async counters(): Promise<Record<Direction, Counters>> {
    const router = this.#router;
    if (router === undefined) throw new Error(`Cannot count: ${this.name} is in no network`);
    return await router.wires.counters(router.wire);
  }

  /** Starts a browser in here; it may use camera and microphone on pages of the public part. */
  browser(args: readonly string[] = []): Promise<Browser> {
    return launchBrowser([...this.browserArgs, ...args], { within: this.namespace.name });
  }

  #here(what: string): Place {
    if (this.#place !== undefined) return this.#place;
    throw new Error(`Cannot ${what}: ${this.name} is in no network`);
  }

  async #change(direction: Direction, changes: Changes): Promise<void> {
    const { network } = this.#place ?? {};
    if (network === undefined) throw new Error(`Cannot change: ${this.name} is in no network`);
    const links = this.#links.get(network)!;
    const before = links[direction];
    links[direction] = { ...before, ...changes };
    try {
      await this.#apply(direction);
    } catch (error) {
      links[direction] = before;
      throw error;
    }
  }

  async #apply(direction: Direction): Promise<void> {
    const router = this.#router;
    if (router === undefined) return;
    const changes = this.#links.get(this.#place!.network)![direction];
    const loss = this.#cut ? 100 : changes.loss ?? 0;
    await router.wires.impair(router.wire, direction, { ...changes, loss });
  }
}
