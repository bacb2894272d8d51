import {
  assert,
  assertEquals,
  assertMatch,
  assertNotEquals,
  assertRejects,
  assertThrows,
} from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import { mayComeBack } from "../../../lib/codes.ts";
import { participantId, randomId } from "../../../lib/ids.ts";
import { InFlight } from "../../../lib/in_flight.ts";
import { initiates } from "../../../lib/initiator.ts";
import { consoleLog } from "../../../lib/log.ts";
import { stub } from "@std/testing/mock";
import { TokenBucket } from "../../../lib/token_bucket.ts";
import { iceServers } from "../../../lib/turn.ts";

describe("TokenBucket", () => {
  it("lets a burst through and not one more", () => {
    const bucket = new TokenBucket(0, { rate: 10, burst: 3 });
    assertEquals([1, 2, 3, 4].map(() => bucket.take(0)), [true, true, true, false]);
  });

  it("takes what something costs whole, or not at all", () => {
    const bucket = new TokenBucket(0, { rate: 10, burst: 5 });
    assertEquals([3, 3, 2, 1].map((cost) => bucket.take(0, cost)), [true, false, true, false]);
  });

  it("says how long until the next, and keeps its word to the ms", () => {
    const bucket = new TokenBucket(0, { rate: 10, burst: 1 });
    bucket.take(0);
    assertEquals(bucket.waitMs(), 100);
    assertEquals(bucket.take(99), false);
    assertEquals(bucket.take(100), true);
  });

  it("never holds more than its burst, however long it rests", () => {
    const bucket = new TokenBucket(0, { rate: 10, burst: 2 });
    assertEquals([1, 2, 3].map(() => bucket.take(1e9)), [true, true, false]);
  });

  it("takes nothing away when the clock is set back", () => {
    const bucket = new TokenBucket(1000, { rate: 10, burst: 2 });
    bucket.take(1000);
    assertEquals(bucket.take(0), true);
  });

  it("lets through at most burst + rate x time, whenever it is asked", () => {
    const gaps = fc.array(fc.integer({ min: 0, max: 300 }), { maxLength: 100 });
    fc.assert(fc.property(gaps, (gaps) => {
      const bucket = new TokenBucket(0, { rate: 20, burst: 5 });
      let now = 0;
      let taken = 0;
      for (const gap of gaps) if (bucket.take(now += gap)) taken++;
      assert(taken <= 5 + now * 20 / 1000 + 1e-6, `${taken} in ${now} ms`);
    }));
  });
});

describe("consoleLog", () => {
  it("loses a line rather than a call when nothing can be written", () => {
    using _ = stub(console, "log", () => {
      throw new Deno.errors.WriteZero("no space left");
    });
    consoleLog("info", "joined", { room: "r" });
  });
});

describe("InFlight", () => {
  it("has none at first, and none again when all are answered", async () => {
    const requests = new InFlight();
    await requests.none();
    const [first, second] = [Promise.withResolvers<number>(), Promise.withResolvers<number>()];
    const answers = [requests.track(first.promise), requests.track(second.promise)];
    let none = false;
    const waiting = requests.none().then(() => none = true);
    first.resolve(1);
    assertEquals(await answers[0], 1);
    assertEquals(none, false);
    second.reject(new Error("the handler failed"));
    await assertRejects(() => answers[1]!, Error, "the handler failed");
    await waiting;
    await requests.none();
  });
});

describe("initiates", () => {
  it("says yes to exactly one of any two", () => {
    fc.assert(fc.property(fc.string(), fc.string(), (a, b) => {
      fc.pre(a !== b);
      assertNotEquals(initiates(a, b), initiates(b, a));
    }));
  });

  it("lets the newcomer offer", () => {
    assert(initiates(participantId(2_000), participantId(1_000)));
  });

  it("refuses to pair somebody with itself", () => {
    assertThrows(() => initiates("p_a", "p_a"), RangeError, "p_a");
  });
});

describe("ids", () => {
  it("of participants sort by the time of joining", () => {
    const times = fc.tuple(fc.nat(4e12), fc.nat(4e12));
    fc.assert(fc.property(times, ([a, b]) => {
      fc.pre(a < b);
      assert(participantId(a) < participantId(b));
    }));
  });

  it("hold nothing but 0-9 a-z, in the length that was asked for", () => {
    assertMatch(randomId(500), /^[0-9a-z]{500}$/);
  });

  it("do not repeat", () => {
    assertEquals(new Set(Array.from({ length: 10_000 }, () => randomId())).size, 10_000);
  });
});

describe("iceServers", () => {
  const turn = { urls: ["turn:turn.example.com:3478"], secret: "north", ttlSeconds: 3_600 };

  it("makes the credentials of draft-uberti-behave-turn-rest", () => {
    // printf '1700003600:p_a' | openssl dgst -sha1 -hmac north -binary | base64
    const answer = iceServers({ stunUrls: [], turn }, "p_a", 1_700_000_000_999);
    assertEquals(answer, {
      iceServers: [{
        urls: ["turn:turn.example.com:3478"],
        username: "1700003600:p_a",
        credential: "ha1E/joqSN6Q14wTWp2G5iwR9BI=",
      }],
      ttlSeconds: 3600,
    });
  });

  it("names STUN servers without credentials, and no time that they last", () => {
    const stunUrls = ["stun:stun.example.com"];
    assertEquals(iceServers({ stunUrls, turn: undefined }, "p_a", 0), {
      iceServers: [{ urls: stunUrls }],
    });
  });

  it("is empty where nothing is configured", () => {
    assertEquals(iceServers({ stunUrls: [], turn: undefined }, "p_a", 0), { iceServers: [] });
  });
});

describe("mayComeBack", () => {
  const CODES: [number, boolean][] = [
    [1001, true],
    [1006, true],
    [1012, true],
    [1013, true],
    [4401, false],
    [4403, false],
    [4404, false],
    [4408, true],
    [4409, false],
    [4413, true],
    [4429, true],
  ];
  for (const [code, expected] of CODES) {
    it(`says ${expected ? "yes" : "no"} after ${code}`, () => {
      assertEquals(mayComeBack(code), expected);
    });
  }
});
