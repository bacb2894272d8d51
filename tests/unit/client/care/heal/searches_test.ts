import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { HEAL } from "../../../../../client/care/heal/policy.ts";
import { Searches } from "../../../../../client/care/heal/searches.ts";
import type { Connection } from "../../../../../client/transport.ts";

const { noPathMs, noPathWarningMs } = HEAL;

/** Searches, and what they have told. */
function begin() {
  const told: string[] = [];
  const searches = new Searches({
    again: (id) => told.push(`again ${id}`),
    missing: (id) => told.push(`missing ${id}`),
    told: (id) => told.push(`told ${id}`),
    unreachable: (ids) => told.push(`unreachable: ${ids.join(" ")}`),
  });
  return {
    searches,
    told,
    tend: (now: number, connections: Record<string, Connection>, isAnswered = false) =>
      searches.tend(
        Object.entries(connections).map(([id, connection]) =>
          [id, { connection, isAnswered, isDue: true, now }] as const
        ),
      ),
  };
}

describe("Searches", () => {
  it("say once who is missing, and once who still is when no SFU came", () => {
    const { told, tend } = begin();
    for (const now of [0, noPathMs, noPathMs + 1, noPathMs + noPathWarningMs, 99_999]) {
      tend(now, { a: "connecting", b: "connected" });
    }
    assertEquals(told, ["missing a", "unreachable: a", "told a"]);
  });

  it("say of all together whom there is no path to, whenever that changes", () => {
    const { told, tend } = begin();
    tend(0, { a: "connecting" });
    tend(noPathMs, { a: "connecting", b: "connecting" });
    tend(2 * noPathMs, { a: "connected", b: "connecting" });
    tend(2 * noPathMs + 1, { a: "connected", b: "connected" });
    assertEquals(told.filter((one) => one.startsWith("unreachable")), [
      "unreachable: a",
      "unreachable: b",
      "unreachable: ",
    ]);
  });

  it("have another made to who took part, before anybody is said to be missing", () => {
    const { told, tend } = begin();
    tend(0, { a: "reconnecting" }, true);
    tend(noPathMs, { a: "reconnecting" }, true);
    assertEquals(told, ["again a"]);
    tend(noPathMs + 1, { a: "reconnecting" }, true);
    assertEquals(told, ["again a", "missing a", "unreachable: a"]);
  });

  it("forget who has left", () => {
    const { searches, told, tend } = begin();
    tend(0, { a: "connecting" });
    tend(noPathMs, { a: "connecting" });
    searches.remove("a");
    tend(noPathMs + 1, {});
    tend(noPathMs + 2, { a: "connecting" });
    tend(2 * noPathMs, { a: "connecting" });
    assertEquals(told, ["missing a", "unreachable: a", "unreachable: "]);
  });
});
