import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { stub } from "@std/testing/mock";
import { Care } from "../../../client/care/care.ts";
import type { Mesh } from "../../../client/mesh.ts";
import { Parts, type PartsCall } from "../../../client/parts.ts";
import type { Remote } from "../../../client/remote.ts";

const someone = (id: string) => ({ id }) as unknown as Remote;

/** The parts of a call with ada and bob; what looks after it is loaded when the test says so, and notes what it is told. */
function parts() {
  const [ada, bob] = [someone("ada"), someone("bob")];
  const told: [string, unknown][] = [];
  const handle = stub(Care.prototype, "handle", ({ id }, item) => void told.push([id, item]));
  const made = new Parts({
    self: { id: "me", media: {} },
    roster: { participants: new Map([["ada", ada], ["bob", bob]]) },
    signaling: { send: () => true, exchanges: [] },
    way: { mode: "mesh", epoch: 1 },
    mesh: { attempts: new Map(), pairs: new Map(), tracks: new Map() },
    wishes: { mode: "auto" },
    switched: () => {},
  } as unknown as PartsCall, {} as Mesh);
  return {
    ada,
    bob,
    told,
    handle: (from: Remote, item: unknown) => made.handle(from, item),
    left: (remote: Remote) => made.left(remote),
    /** Asks for what looks after the call, as the application does by its wishes. */
    load: () => made.adapt(),
    [Symbol.dispose]: () => {
      made.close();
      handle.restore();
    },
  };
}

describe("what a participant says before there is anything to hear it", () => {
  it("is told later: only what is told once, and the latest of each", async () => {
    using call = parts();
    for (
      const item of [{ paused: true }, { clock: 5, shows: 1 }, { sees: 640 }, { paused: false }]
    ) {
      call.handle(call.ada, item);
    }
    call.handle(call.bob, { sees: 160 });
    await call.load();
    assertEquals(call.told, [
      ["ada", { paused: false, clock: 5, sees: 640 }],
      ["bob", { sees: 160 }],
    ]);
  });

  it("is not held if it is nothing of that", async () => {
    using call = parts();
    for (const item of [undefined, null, 1, "paused", [], {}, { shows: 1 }]) {
      call.handle(call.ada, item);
    }
    await call.load();
    assertEquals(call.told, []);
  });

  it("is forgotten with who leaves", async () => {
    using call = parts();
    for (const one of [call.ada, call.bob]) call.handle(one, { paused: true });
    call.left(call.ada);
    await call.load();
    assertEquals(call.told, [["bob", { paused: true }]]);
  });

  it("is told as it comes from then on, whole", async () => {
    using call = parts();
    await call.load();
    call.handle(call.ada, { shows: 1 });
    assertEquals(call.told, [["ada", { shows: 1 }]]);
  });
});
