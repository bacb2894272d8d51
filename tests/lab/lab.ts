/**
 * A small internet on this machine: hosts behind routers, servers in the middle, and links that can be made bad.
 *
 * ```ts
 * await using lab = await Lab.up({
 *   hosts: { ada: "cone", bob: { wifi: { nat: "cone" }, mobile: { nat: "symmetric" } } },
 *   sfu: "janus",
 * });
 * const room = (await lab.api.makeRoom()).id;
 * const browser = await lab.host("bob").browser();
 * const bob = await lab.join(browser, lab.host("bob"), room);      // a TestPage, see call_page.ts for what to ask it
 * await lab.host("bob").uplink({ rate: 500, loss: 2, delay: 50, jitter: 10 });
 * await lab.host("bob").move("mobile");
 * await lab.turn?.kill();
 * ```
 *
 * Everything is in network namespaces with a random name; nothing is changed in the network of this machine. Needs root.
 *
 * @module
 */
import type { Browser } from "playwright-core";
import type { JoinOptions } from "../../client/mod.ts";
import { callPage, joinFrom } from "../e2e/call_page.ts";
import type { Api } from "../helpers/api.ts";
import type { TestPage } from "../helpers/browser.ts";
import type { JanusServer } from "../helpers/janus_server.ts";
import { PORTS } from "./addresses.ts";
import { Host, type NetworkPlan } from "./host.ts";
import type { NatKind } from "./nat.ts";
import { Namespace } from "./namespace.ts";
import { requireLab } from "./possible.ts";
import { Door, httpUrl, siteUrl } from "./public/door.ts";
import { startLabJanus } from "./public/janus.ts";
import { PublicNetwork } from "./public/network.ts";
import { LabNode } from "./public/node.ts";
import { startLabRedis } from "./public/redis.ts";
import {
  startTurn,
  STUN_URLS,
  type TurnServer,
  type TurnTransport,
  turnUrls,
} from "./public/turn.ts";
import { Router } from "./router.ts";
import { Wires } from "./wire/wires.ts";

export interface LabOptions {
  /** By name: what its router does; or a network; or several by name, of which it is in the first. */
  hosts: Record<string, NatKind | NetworkPlan | Record<string, NetworkPlan>>;
  /** How nodes tell clients to talk to the TURN server; by default over UDP and TCP. None: there is no TURN server, nor STUN. */
  turn?: readonly TurnTransport[];
  /** Where nodes lift calls to; by default nowhere. */
  sfu?: "none" | "embedded" | "janus";
  /** How many nodes; by default 1, with its state in memory. More share a Redis. */
  nodes?: number;
  /** Added to the environment of all nodes. */
  env?: Record<string, string>;
}

/** Most nodes that pages may use a camera on. */
const MOST_NODES = 8;
/** Name of the network of a host that has but one. */
const ONLY_NETWORK = "net";

/** `await using` ends all that it started, and removes all that it made. */
export class Lab implements AsyncDisposable {
  readonly hosts = new Map<string, Host>();
  readonly nodes: LabNode[] = [];
  readonly #stack = new AsyncDisposableStack();
  #env: Record<string, string> = {};

  private constructor(
    /** Names of its namespaces begin with it. */
    readonly tag: string,
    readonly outside: PublicNetwork,
    readonly wires: Wires,
    readonly door: Door,
    readonly turn: TurnServer | undefined,
    readonly janus: JanusServer | undefined,
  ) {}

  /** Brings it up: hosts, servers, nodes. @throws {Error} with one line where this machine cannot. */
  static async up(options: LabOptions): Promise<Lab> {
    await requireLab();
    const { turn: transports = ["udp", "tcp"], sfu = "none", nodes = 1, env = {} } = options;
    const tag = `lab-${crypto.randomUUID().slice(0, 4)}`;
    await using stack = new AsyncDisposableStack();
    const wires = stack.use(await Wires.start(`${tag}-`));
    const namespace = stack.use(await Namespace.add(`${tag}-public`));
    const outside = await PublicNetwork.in(namespace);
    const door = stack.use(await Door.open(namespace));
    const turn = transports.length > 0 ? stack.use(await startTurn(namespace)) : undefined;
    const janus = sfu === "janus" ? stack.use(await startLabJanus(outside, door)) : undefined;
    const redis = nodes > 1 ? stack.use(await startLabRedis(namespace)) : undefined;
    const lab = new Lab(tag, outside, wires, door, turn, janus);
    lab.#stack.use(stack.move());
    try {
      lab.#env = {
        TOKEN_SECRET: crypto.randomUUID() + crypto.randomUUID(),
        SFU_URLS: sfu === "embedded" ? "embedded:" : janus?.sfuUrl({ id: "janus" }) ?? "none",
        ...turn && {
          STUN_URLS,
          TURN_URLS: turnUrls(transports),
          TURN_SECRET: turn.secret,
        },
        ...redis?.env,
        ...env,
      };
      await lab.#addHosts(options.hosts);
      for (let i = 0; i < nodes; i++) await lab.addNode();
      return lab;
    } catch (error) {
      await lab[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** The host of this name. */
  host(name: string): Host {
    const host = this.hosts.get(name);
    if (host !== undefined) return host;
    const names = [...this.hosts.keys()].join(", ");
    throw new Error(`Cannot find a host "${name}" in the lab: expected of ${names}`);
  }

  /** REST of the first node. */
  get api(): Api {
    return this.nodes[0]!.api;
  }

  /** Starts one more node; `env` is added to what all have. Without a Redis it stands alone. */
  async addNode(env: Record<string, string> = {}): Promise<LabNode> {
    const port = PORTS.service + this.nodes.length;
    const { namespace } = this.outside;
    const node = this.#stack.use(new LabNode(namespace, this.door, port, { ...this.#env, ...env }));
    await node.start();
    this.nodes.push(node);
    return node;
  }

  /**
   * Puts a page on the lab's own site, and returns its address for a host of this family. Every host's browser may use
   * camera and microphone there.
   */
  async publish(name: string, html: string, family: 4 | 6 = 4): Promise<string> {
    return siteUrl(family) + await this.door.publish(name, html);
  }

  /** Opens the page of tests/e2e/call_page.ts in a browser of this host, and joins; by default under the host's name. */
  async join(
    browser: Browser,
    host: Host,
    room: string,
    { identity = host.name, node = this.nodes[0]!, media, token }: {
      identity?: string;
      node?: LabNode;
      media?: JoinOptions["media"];
      /** Instead of one for the room and the identity. */
      token?: string;
    } = {},
  ): Promise<TestPage> {
    const family = host.nat === "ipv6" ? 6 : 4;
    const url = node.publicUrl(family);
    const page = await this.publish(`call_${node.port}_${family}`, callPage(url), family);
    const by = token ?? await node.api.makeToken(room, identity);
    return await joinFrom(browser, page, { url, token: by, ...media !== undefined && { media } });
  }

  async #addHosts(hosts: LabOptions["hosts"]): Promise<void> {
    let number = 0;
    for (const [name, given] of Object.entries(hosts)) {
      const plans = plansOf(given);
      const namespace = this.#stack.use(await Namespace.add(`${this.tag}-${name}`));
      await namespace.set({ "ipv4/conf/all/arp_ignore": 1 });
      const routers = new Map<string, Router>();
      for (const [network, { nat }] of Object.entries(plans)) {
        const around = this.#stack.use(await Namespace.add(`${this.tag}-${name}-${network}`));
        const plan = { number: ++number, outside: this.outside, wires: this.wires };
        routers.set(network, await Router.in(around, nat, plan));
      }
      const host = new Host(name, namespace, routers, plans, this.#browserArgs());
      await host.move(Object.keys(plans)[0]!);
      this.hosts.set(name, host);
    }
  }

  #browserArgs(): string[] {
    const ports = Array.from({ length: MOST_NODES }, (_, i) => PORTS.service + i);
    const origins = [PORTS.pages, ...ports].flatMap((port) =>
      ([4, 6] as const).map((family) => httpUrl(family, port))
    );
    return [
      `--unsafely-treat-insecure-origin-as-secure=${origins.join()}`,
      ...this.turn ? [`--ignore-certificate-errors-spki-list=${this.turn.spki}`] : [],
    ];
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#stack.disposeAsync();
  }
}

function plansOf(given: LabOptions["hosts"][string]): Record<string, NetworkPlan> {
  if (typeof given === "string") return { [ONLY_NETWORK]: { nat: given } };
  return isPlan(given) ? { [ONLY_NETWORK]: given } : given;
}

function isPlan(given: NetworkPlan | Record<string, NetworkPlan>): given is NetworkPlan {
  return typeof given.nat === "string";
}
