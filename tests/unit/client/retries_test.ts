import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { SIGNALING } from "../../../client/policy.ts";
import { Retries } from "../../../client/retries.ts";

const { retry, urgent } = SIGNALING;
const cut = { code: 1006, stoodMs: 0, atLeastMs: undefined };

/** Retries that draw the middle of what they may. */
const begin = () => new Retries(() => 0.5, () => 0);

/** The middle of what may be drawn for this try. */
const middle = ({ baseMs, capMs }: typeof retry | typeof urgent.retry, tries: number) =>
  Math.min(capMs, baseMs * 2 ** tries) / 2;

describe("Retries", () => {
  it("wait longer and longer, and begin anew after a socket that stood", () => {
    const retries = begin();
    const delays = [0, 1, 2].map(() => retries.next(cut));
    assertEquals(delays, [0, 1, 2].map((tries) => middle(retry, tries)));
    assertEquals(retries.next({ ...cut, stoodMs: SIGNALING.stableMs }), middle(retry, 0));
    assertEquals(retries.next({ ...cut, stoodMs: SIGNALING.stableMs - 1 }), middle(retry, 1));
  });

  it("wait at least as long as the node asks", () => {
    assertEquals(begin().next({ ...cut, atLeastMs: 3_000 }), 3_000 + middle(retry, 0));
  });

  it("come often, and give up sooner on each, while our network is taken for cut off", () => {
    const retries = begin();
    assertEquals(retries.openTimeoutMs, SIGNALING.openTimeoutMs);
    assertEquals(retries.hurry("network"), middle(urgent.retry, 0));
    for (let tries = 0; tries < 20; tries++) {
      assertEquals(retries.next(cut), middle(urgent.retry, tries));
    }
    assertEquals(retries.openTimeoutMs, urgent.openTimeoutMs);
  });

  it("come often only so many times where nothing but silence speaks for it", () => {
    const retries = begin();
    retries.hurry("silence");
    for (let tries = 0; tries < urgent.tries; tries++) {
      assertEquals(retries.next(cut), middle(urgent.retry, tries));
    }
    assertEquals(retries.next(cut), middle(retry, urgent.tries));
  });

  it("are calm again when the node was heard, or has closed the socket itself", () => {
    const heard = begin();
    heard.hurry("network");
    heard.reached();
    assertEquals(heard.next(cut), middle(retry, 0));
    const closed = begin();
    closed.hurry("network");
    assertEquals(closed.next({ ...cut, code: 1013 }), middle(retry, 0));
  });
});
