import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import type { Idempotency } from "../../lib/idempotency/mod.ts";

const ANSWER = { status: 201, contentType: "application/json", body: `{"id":"r"}` };

/** What every idempotency adapter must do. `make` gives one without keys. */
export function idempotencyContract(
  name: string,
  make: () => Idempotency | Promise<Idempotency>,
): void {
  describe(`idempotency: ${name}`, () => {
    it("gives a free key to the first", async () => {
      const store = await make();
      assertEquals(await store.take("k", "f"), undefined);
    });

    it("gives a key to one of two that ask at once", async () => {
      const store = await make();
      const taken = await Promise.all([store.take("k", "f"), store.take("k", "f")]);
      assertEquals(taken.filter((known) => known === undefined).length, 1);
    });

    it("shows the request before it is answered, without an answer", async () => {
      const store = await make();
      await store.take("k", "f");
      const known = await store.take("k", "other");
      assertEquals([known?.fingerprint, known?.answer], ["f", undefined]);
    });

    it("shows the answer when it is saved", async () => {
      const store = await make();
      await store.take("k", "f");
      await store.save("k", { fingerprint: "f", answer: ANSWER });
      assertEquals((await store.take("k", "f"))?.answer, ANSWER);
    });

    it("gives out again what was released", async () => {
      const store = await make();
      await store.take("k", "f");
      await store.release("k");
      assertEquals(await store.take("k", "other"), undefined);
    });

    it("keeps keys apart", async () => {
      const store = await make();
      await store.take("k", "f");
      assertEquals(await store.take("constructor", "f"), undefined);
    });
  });
}
