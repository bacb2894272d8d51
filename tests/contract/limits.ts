import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import type { Limits, Rules, Subject } from "../../lib/limits/mod.ts";
import { Clock } from "../helpers/clock.ts";

/** Slow, so that what is tested takes no part of the time that a token does. */
const RULES: Rules = {
  rest: { rate: 1, burst: 5 },
  join: { rate: 2, burst: 3 },
  turn: { rate: 1, burst: 300 },
};

const acme: Subject = { tenant: "acme" };
const home: Subject = { address: "192.0.2.1" };

/** What every limits adapter must do. `make` gives one without a past. */
export function limitsContract(
  name: string,
  make: (rules: Rules) => Limits | Promise<Limits>,
): void {
  /** A test with a clock that stands still unless it is moved. */
  function fact(title: string, test: (limits: Limits, clock: Clock) => Promise<void>): void {
    it(title, async () => {
      using clock = new Clock();
      await test(await make(RULES), clock);
    });
  }

  describe(`limits: ${name}`, () => {
    fact("let a burst through and not one more", async (limits, { now }) => {
      const kinds = [];
      for (let i = 0; i < 6; i++) kinds.push((await limits.take("rest", acme, now)).kind);
      assertEquals(kinds, [...Array(5).fill("allowed"), "denied"]);
    });

    fact("let a burst through that comes at once, and not one more", async (limits, { now }) => {
      const all = Array.from({ length: 350 }, () => limits.take("turn", acme, now));
      const allowed = (await Promise.all(all)).filter(({ kind }) => kind === "allowed");
      assertEquals(allowed.length, 300);
    });

    fact(
      "let a long burst through one after the other, and not one more",
      async (limits, clock) => {
        let allowed = 0;
        while ((await limits.take("turn", acme, clock.now)).kind === "allowed") allowed++;
        assertEquals(allowed, 300);
      },
    );

    fact("tell what is left, of what, and when all is back", async (limits, { now }) => {
      await limits.take("join", home, now);
      const { decidedBy: _, ...verdict } = await limits.take("join", home, now);
      assertEquals(verdict, {
        kind: "allowed",
        rule: "join",
        scope: "address",
        limit: 3,
        rate: 2,
        remaining: 1,
        resetMs: 1000,
      });
    });

    fact("tell when the next is there, and keep the word", async (limits, clock) => {
      await exhaust(limits, clock);
      const denied = await limits.take("rest", acme, clock.now);
      assert(denied.kind === "denied");
      assertEquals([denied.remaining, denied.resetMs], [0, 5000]);
      assert(denied.retryAfterMs > 0 && denied.retryAfterMs <= 1000, `${denied.retryAfterMs} ms`);
      clock.now += denied.retryAfterMs - 1;
      assertEquals((await limits.take("rest", acme, clock.now)).kind, "denied");
      clock.now += 1;
      assertEquals((await limits.take("rest", acme, clock.now)).kind, "allowed");
    });

    fact(
      "are whole again when they said, and hold no more than the burst",
      async (limits, clock) => {
        await exhaust(limits, clock);
        clock.now += 5000;
        assertEquals((await limits.take("rest", acme, clock.now)).remaining, 4);
        clock.now += 3_600_000;
        assertEquals((await limits.take("rest", acme, clock.now)).remaining, 4);
      },
    );

    fact(
      "let through at most burst + rate x time, however often they are asked",
      async (limits, clock) => {
        const start = clock.now;
        let allowed = 0;
        for (let i = 0; i < 100; i++) {
          clock.now += 130 + (i * 37) % 90;
          if ((await limits.take("join", acme, clock.now)).kind === "allowed") allowed++;
        }
        const most = 3 + (clock.now - start) * 2 / 1000;
        assert(allowed <= most && allowed > most - 4, `${allowed} of at most ${most}`);
      },
    );

    fact(
      "keep tenants, addresses and rules apart, whatever they are called",
      async (limits, clock) => {
        await exhaust(limits, clock, { tenant: "a" });
        const others: Subject[] = [{ tenant: "b" }, { address: "a" }, { tenant: "a:b" }, {
          tenant: "__proto__",
        }, { tenant: "constructor" }];
        for (const other of others) {
          assertEquals((await limits.take("rest", other, clock.now)).remaining, 4);
        }
        assertEquals((await limits.take("join", { tenant: "a" }, clock.now)).remaining, 2);
      },
    );

    fact("answer for the tightest of address and tenant", async (limits, { now }) => {
      await limits.take("rest", acme, now);
      const tenant = await limits.take("rest", { ...home, ...acme }, now);
      assertEquals([tenant.scope, tenant.remaining], ["tenant", 3]);
      await limits.take("rest", home, now);
      await limits.take("rest", home, now);
      const address = await limits.take("rest", { ...home, ...acme }, now);
      assertEquals([address.scope, address.remaining], ["address", 1]);
    });

    fact("deny an address without cost to its tenant", async (limits, clock) => {
      await exhaust(limits, clock, home);
      const denied = await limits.take("rest", { ...home, ...acme }, clock.now);
      assertEquals([denied.kind, denied.scope], ["denied", "address"]);
      assertEquals((await limits.take("rest", acme, clock.now)).remaining, 4);
    });

    fact("deny a tenant wherever it comes from", async (limits, clock) => {
      await exhaust(limits, clock);
      const denied = await limits.take("rest", { ...home, ...acme }, clock.now);
      assertEquals([denied.kind, denied.scope], ["denied", "tenant"]);
    });

    fact("deny nobody for a clock that was set back", async (limits, clock) => {
      await limits.take("rest", acme, clock.now);
      clock.now -= 3_600_000;
      assertEquals((await limits.take("rest", acme, clock.now)).kind, "allowed");
    });
  });
}

/** Takes all of a bucket of `rest`. */
async function exhaust(limits: Limits, { now }: Clock, subject = acme): Promise<void> {
  for (let i = 0; i < 5; i++) await limits.take("rest", subject, now);
}
