import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import type { Idempotency } from "../../lib/idempotency/mod.ts";
import { POLICY } from "../../lib/policy.ts";

const NOW = 1_800_000_000_000;
const ANSWER = { status: 201, contentType: "application/json", body: `{"id":"r"}` };

/** What every idempotency adapter must do. `make` gives one without keys. */
export function idempotencyContract(
  name: string,
  make: () => Idempotency | Promise<Idempotency>,
): void {
  describe(`idempotency: ${name}`, () => {
    it("gives a free key to the first", async () => {
      const store = await make();
      assertEquals(await store.take("k", "f", NOW), undefined);
    });

    it("gives a key to one of two that ask at once", async () => {
      const store = await make();
      const taken = await Promise.all([store.take("k", "f", NOW), store.take("k", "f", NOW)]);
      assertEquals(taken.filter((known) => known === undefined).length, 1);
    });

    it("shows the request before it is answered, without an answer", async () => {
      const store = await make();
      await store.take("k", "f", NOW);
      const known = await store.take("k", "other", NOW);
      assertEquals([known?.fingerprint, known?.answer], ["f", undefined]);
    });

    it("shows the answer when it is saved", async () => {
      const store = await make();
      await store.take("k", "f", NOW);
      await store.save("k", ANSWER);
      assertEquals((await store.take("k", "f", NOW))?.answer, ANSWER);
    });

    it("gives out again what was released", async () => {
      const store = await make();
      await store.take("k", "f", NOW);
      await store.release("k");
      assertEquals(await store.take("k", "other", NOW), undefined);
    });

    it("keeps keys apart", async () => {
      const store = await make();
      await store.take("k", "f", NOW);
      assertEquals(await store.take("constructor", "f", NOW), undefined);
    });

    it("keeps a key for as long as it lives, and no longer", async () => {
      const store = await make();
      await store.take("k", "f", NOW);
      const end = NOW + POLICY.idempotencyTtlMs;
      assertEquals((await store.take("k", "f", end - 1))?.fingerprint, "f");
      assertEquals(await store.take("k", "other", end), undefined);
    });
  });
}
