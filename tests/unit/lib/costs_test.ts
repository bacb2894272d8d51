/** What a node does for a signal, a join and an idle participant, in counts that are the same on every machine. */
import { assertEquals, assertLess } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { stub } from "@std/testing/mock";
import { payload } from "../../bench/load/payloads.ts";
import { fakeNode, FakeWire, join, makeRoom, makeToken } from "../../helpers/fake_node.ts";

/** How often JSON was read and written, and how many characters of it. */
interface JsonWork {
  parses: number;
  parsed: number;
  stringifies: number;
  written: number;
}

/** What `work` costs in JSON. */
async function jsonWork(work: () => unknown): Promise<JsonWork> {
  const cost = { parses: 0, parsed: 0, stringifies: 0, written: 0 };
  const { parse, stringify } = JSON;
  using _parse = stub(JSON, "parse", (text: string) => {
    cost.parses++;
    cost.parsed += text.length;
    return parse(text);
  });
  using _stringify = stub(JSON, "stringify", (value: unknown) => {
    const text = stringify(value);
    cost.stringifies++;
    cost.written += text?.length ?? 0;
    return text;
  });
  await work();
  return cost;
}

/** Timers that were set while `work` ran and would still come. */
async function timersLeft(work: () => Promise<unknown>): Promise<number> {
  const alive = new Set<unknown>();
  const { setTimeout, setInterval, clearTimeout, clearInterval } = globalThis;
  const set =
    (timer: (run: () => void, ms?: number) => unknown, once: boolean) =>
    (run: () => void, ms?: number) => {
      const id = timer(() => {
        if (once) alive.delete(id);
        run();
      }, ms);
      alive.add(id);
      return id;
    };
  const clear = (stop: (id?: number) => void) => (id?: number) => {
    alive.delete(id);
    stop(id);
  };
  Object.assign(globalThis, {
    setTimeout: set(setTimeout, true),
    setInterval: set(setInterval, false),
    clearTimeout: clear(clearTimeout),
    clearInterval: clear(clearInterval),
  });
  try {
    await work();
    return alive.size;
  } finally {
    Object.assign(globalThis, { setTimeout, setInterval, clearTimeout, clearInterval });
  }
}

/** A socket whose frames nobody reads. */
class DeafWire extends FakeWire {
  readonly texts: string[] = [];
  override send(text: string): void {
    this.texts.push(text);
  }
}

/** A room in which so many are who do not read what they get; the answer are their sockets. */
async function roomOf(node: ReturnType<typeof fakeNode>, size: number): Promise<DeafWire[]> {
  const wires: DeafWire[] = [];
  for (let i = 0; i < size; i++) wires.push(await enter(node));
  return wires;
}

async function enter(node: ReturnType<typeof fakeNode>): Promise<DeafWire> {
  const wire = new DeafWire(node.hub);
  wire.says({ type: "join", token: await makeToken(node, "someone") });
  await welcomed(wire);
  return wire;
}

/** Two in a room; what the second is told is kept from here on. */
async function pair() {
  const node = fakeNode();
  await makeRoom(node);
  const ada = await join(node, "ada");
  const bob = await enter(node);
  const { id } = JSON.parse(bob.texts[0]!).self as { id: string };
  bob.texts.length = 0;
  return { ada, bob, id };
}

/** Turns of the event loop, until a welcome has come. */
async function welcomed(wire: DeafWire): Promise<void> {
  while (!wire.texts.some((text) => text.startsWith(`{"type":"welcome"`))) {
    await new Promise((resolve) => queueMicrotask(() => resolve(undefined)));
    await crypto.subtle.digest("SHA-1", new Uint8Array());
  }
}

/** In bytes, of a process of its own that can be told to collect its garbage. @throws {Error} with what it wrote, if it failed. */
async function heapPerParticipant(): Promise<number> {
  const script = new URL("../../helpers/heap_per_participant.ts", import.meta.url).pathname;
  const args = ["run", "-A", "--v8-flags=--expose-gc", script];
  const command = new Deno.Command(Deno.execPath(), { args, stdin: "null" });
  const { success, stdout, stderr } = await command.output();
  const [printed, errors] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  if (!success) throw new Error(`Cannot measure the heap: ${errors}`);
  return Number(printed);
}

describe("a signal", () => {
  const DESCRIBED = payload("sdp");
  const QUOTED = { sdp: 's="a call"\r\na=fmtp:96 profile="0"\r\n', type: "offer" };
  const CARRIED: Record<string, [carried: unknown, parses: number]> = {
    "a description of 2 KB": [DESCRIBED, 0],
    "a description with quotes": [QUOTED, 0],
    "a description in a link's payload": [{ seq: 7, base: 1, items: [DESCRIBED] }, 0],
    "2 KB of plain text": [payload("plain"), 1],
  };
  for (const [what, [carried, parses]] of Object.entries(CARRIED)) {
    const data = JSON.stringify(carried);
    const cost = { parses, parsed: parses * data.length, stringifies: 0, written: 0 };

    it(`with ${what} is parsed ${parses ? "once" : "never"}, and written never`, async () => {
      const { ada, bob, id } = await pair();
      const text = `{"type":"signal","to":"${id}","data":${data}}`;
      assertEquals(await jsonWork(() => ada.wire.connection.receive(text)), cost);
      assertEquals(bob.texts, [`{"type":"signal","from":"${ada.id}","data":${data}}`]);
    });

    it(`with ${what} that names its sender costs no more, and is handed on as it is`, async () => {
      const { ada, bob, id } = await pair();
      const text = `{"type":"signal","from":"${ada.id}","to":"${id}","data":${data}}`;
      assertEquals(await jsonWork(() => ada.wire.connection.receive(text)), cost);
      assertEquals(bob.texts, [text]);
    });
  }
});

describe("a join", () => {
  it("writes as many texts for a room of eight as for one of two", async () => {
    const writes: number[] = [];
    for (const size of [2, 8]) {
      const node = fakeNode();
      await makeRoom(node);
      const others = await roomOf(node, size - 1);
      for (const { texts } of others) texts.length = 0;
      writes.push((await jsonWork(() => enter(node))).stringifies);
      for (const { texts } of others) assertEquals(texts.length, 1);
    }
    assertEquals(writes[0], writes[1]);
  });

  it("of all of a room costs as much as the roster is long, and is told to each once", async () => {
    const written = async (size: number) => {
      const node = fakeNode();
      await makeRoom(node);
      await roomOf(node, size);
      return (await jsonWork(() => enter(node))).written;
    };
    const [one, three, seven] = [await written(1), await written(3), await written(7)];
    // One entry of the welcome for each who is there.
    assertLess(Math.abs((seven - three) - 2 * (three - one)), 32);
  });
});

describe("a socket that has not joined", () => {
  it("keeps no timer", async () => {
    const { hub } = fakeNode();
    const open = () => Promise.resolve(new DeafWire(hub));
    assertEquals(await timersLeft(open), 0);
  });
});

describe("an idle participant", () => {
  it("keeps no timer", async () => {
    const node = fakeNode();
    await makeRoom(node);
    assertEquals(await timersLeft(() => roomOf(node, 5)), 0);
  });

  it("keeps 1.5 KB of the heap at most, with its wire, without the runtime's socket", async () => {
    // 1,173 with Deno 2.9.6; how large an object is is V8's to change.
    assertLess(await heapPerParticipant(), 1_500);
  });
});
