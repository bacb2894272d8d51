/** Nodes, their store and their bus under whatever happens to them: in the end all agree on who is there. */
import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { FakeTime } from "@std/testing/time";
import fc from "fast-check";
import { POLICY } from "../../../lib/policy.ts";
import { MemoryPresence } from "../../../lib/presence/memory.ts";
import type { WelcomeFrame } from "../../../lib/protocol.ts";
import {
  type FakeNode,
  fakeNode,
  FakeWire,
  makeRoom,
  makeToken,
  ROOM,
} from "../../helpers/fake_node.ts";
import { LossyBus } from "../../helpers/lossy_bus.ts";
import { OddPresence } from "../../helpers/odd_presence.ts";

const NODES = 3;
const PEOPLE = 4;

/** A node that can die and be replaced by another on the same store and bus. */
class SimulatedNode {
  readonly store: OddPresence;
  readonly node: FakeNode;
  readonly #stop: () => Promise<void>;

  constructor(name: string, memory: MemoryPresence, bus: LossyBus) {
    this.store = new OddPresence(memory);
    this.node = fakeNode({ node: name, presence: this.store, bus });
    this.#stop = this.node.hub.start();
  }

  async die(): Promise<void> {
    this.store.goAway();
    await this.#stop();
  }
}

/** A client that believes what it is told, and comes back by its session. */
class Person {
  readonly roster = new Map<string, string>();
  #wire: FakeWire | undefined;
  #welcome: WelcomeFrame | undefined;
  #read = 0;

  constructor(readonly name: string) {}

  get id(): string | undefined {
    return this.#welcome?.self.id;
  }

  get isHere(): boolean {
    return this.#wire?.readyState === WebSocket.OPEN;
  }

  /** Joins or resumes; a node that cannot let it in says so. */
  async enter({ node }: SimulatedNode): Promise<void> {
    const wire = new FakeWire(node.hub);
    if (this.#welcome) wire.says({ type: "resume", session: this.#welcome.session });
    else wire.says({ type: "join", token: await makeToken(node, this.name) });
    const welcomed = await Promise.race([
      wire.frames.next("welcome").catch(() => undefined),
      wire.closed.then(() => undefined),
    ]);
    if (!welcomed) return;
    this.#wire = wire;
    this.#welcome = welcomed;
    this.#read = 0;
  }

  leave(): void {
    if (!this.isHere) return;
    this.#wire!.says({ type: "leave" });
    this.#wire = undefined;
    this.#welcome = undefined;
  }

  hangUp(): void {
    if (this.isHere) this.#wire!.hangsUp();
  }

  update(hand: number): void {
    if (this.isHere) this.#wire!.says({ type: "update", attributes: { hand } });
  }

  /** Whether its socket is on this node. */
  isOn({ node }: SimulatedNode): boolean {
    return this.isHere && this.#wire!.hub === node.hub;
  }

  /** Who is there, by all that this socket was told. */
  seen(): Record<string, string> {
    for (const frame of this.#wire!.frames.all.slice(this.#read)) {
      if (frame.type === "welcome") {
        this.roster.clear();
        for (const { id, state } of [frame.self, ...frame.participants]) this.roster.set(id, state);
      } else if (frame.type === "participant") {
        this.roster.set(frame.participant.id, frame.participant.state);
      } else if (frame.type === "left") {
        this.roster.delete(frame.id);
      }
    }
    this.#read = this.#wire!.frames.all.length;
    return Object.fromEntries([...this.roster].toSorted());
  }
}

class World implements Disposable {
  readonly time = new FakeTime();
  readonly memory = new MemoryPresence();
  readonly bus = new LossyBus();
  readonly nodes: SimulatedNode[] = [];
  readonly people = Array.from({ length: PEOPLE }, (_, i) => new Person(`person${i}`));
  #names = 0;

  static async make(): Promise<World> {
    const world = new World();
    for (let i = 0; i < NODES; i++) world.nodes.push(world.newNode());
    await makeRoom(world.nodes[0]!.node);
    return world;
  }

  newNode(): SimulatedNode {
    return new SimulatedNode(`n${++this.#names}`, this.memory, this.bus);
  }

  async pass(ms: number): Promise<void> {
    for (const end = this.time.now + ms; this.time.now < end;) await this.time.tickAsync(250);
  }

  async replace(at: number): Promise<void> {
    const dead = this.nodes[at]!;
    const cut = this.people.filter((person) => person.isOn(dead));
    await dead.die();
    for (const person of cut) person.hangUp();
    this.nodes[at] = this.newNode();
  }

  /** All that is wrong is over; whoever lost its socket comes back, but for the last of them. */
  async heal(): Promise<void> {
    this.bus.loses = () => false;
    for (const { store } of this.nodes) store.comeBack();
    await this.pass(POLICY.lease.beatMs);
    for (const person of this.people.slice(0, -1)) {
      if (!person.isHere && person.id) await person.enter(this.nodes[0]!);
    }
    await this.pass(POLICY.awayGraceMs + 3 * POLICY.lease.beatMs);
  }

  [Symbol.dispose](): void {
    for (const node of this.nodes) node.die();
    this.time.restore();
  }
}

type Step =
  | { kind: "enter" | "leave" | "hangUp"; person: number; node: number }
  | { kind: "update"; person: number; hand: number }
  | { kind: "pass"; ms: number }
  | { kind: "away" | "mute" | "back" | "replace"; node: number }
  | { kind: "loseMessages" | "carryMessages" | "forget" };

const person = fc.nat(PEOPLE - 1);
const node = fc.nat(NODES - 1);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constantFrom(
        "enter" as const,
        "enter" as const,
        "leave" as const,
        "hangUp" as const,
      ),
      person,
      node,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant("update" as const), person, hand: fc.nat(9) }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("pass" as const), ms: fc.nat(9_000) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constantFrom("away" as const, "mute" as const, "back" as const, "replace" as const),
      node,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constantFrom("loseMessages" as const, "carryMessages" as const, "forget" as const),
    }),
  },
);

/** The store forgets all between two beats whose answers are lost: the count alone says nothing of it. */
const LOST_BETWEEN_ANSWERS: Step[] = [
  { kind: "pass", ms: 1 },
  { kind: "enter", person: 0, node: 1 },
  { kind: "mute", node: 1 },
  { kind: "forget" },
  { kind: "pass", ms: 2_501 },
];

async function take(world: World, step: Step): Promise<void> {
  const { nodes, people } = world;
  switch (step.kind) {
    case "enter":
      return await people[step.person]!.enter(nodes[step.node]!);
    case "leave":
    case "hangUp":
      return people[step.person]![step.kind]();
    case "update":
      return people[step.person]!.update(step.hand);
    case "pass":
      return await world.pass(step.ms);
    case "away":
      return nodes[step.node]!.store.goAway();
    case "mute":
      return nodes[step.node]!.store.goMute();
    case "back":
      return nodes[step.node]!.store.comeBack();
    case "replace":
      return await world.replace(step.node);
    case "loseMessages":
    case "carryMessages":
      world.bus.loses = () => step.kind === "loseMessages";
      return;
    case "forget":
      return world.memory.forget();
  }
}

describe("nodes, whatever happens to them, their store and their bus", () => {
  it("agree in the end on who is there, with the store and with every client", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
        using world = await World.make();
        for (const step of steps) await take(world, step);
        await world.heal();
        const here = world.people.filter(({ isHere }) => isHere);
        const expected = Object.fromEntries(here.map(({ id }) => [id!, "active"]).toSorted());
        const members = Object.values((await world.memory.read(ROOM))?.members ?? {});
        const stored = members.map(({ id, presence }) => [id, presence.state]).toSorted();
        assertEquals(Object.fromEntries(stored), expected);
        for (const person of here) assertEquals(person.seen(), expected);
      }),
      { numRuns: 60, examples: [[LOST_BETWEEN_ANSWERS]] },
    );
  });
});
