import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { endsSoon, issued } from "../../../../../client/care/heal/credentials.ts";
import { guardiansOf } from "../../../../../client/care/heal/guardians.ts";
import { relaysIn } from "../../../../../client/care/heal/lifelines.ts";
import {
  beginListening,
  type Heard,
  type HeardLook,
  listen,
} from "../../../../../client/care/heal/listen.ts";
import { mend, type Mends, NO_MENDS } from "../../../../../client/care/heal/mend.ts";
import { NO_SEARCH, type Search, search } from "../../../../../client/care/heal/no_path.ts";
import { HEAL, LIFELINES, LISTEN, MEND } from "../../../../../client/care/heal/policy.ts";

const STEP = HEAL.intervalMs;

/** Looks for so long, from 0 on; `say` tells what there is to see at a moment. */
function listenFor(ms: number, say: (at: number) => Omit<HeardLook, "at">, stepMs = STEP): Heard {
  let heard = beginListening({ ...say(0), at: 0 });
  for (let at = stepMs; at <= ms; at += stepMs) heard = listen(heard, { ...say(at), at });
  return heard;
}

/** Something new until `end`, and then no more. */
const until = (end: number) => (at: number) => Math.min(at, end);

describe("listen", () => {
  it("finds it silent a second after the last media", () => {
    const say = (at: number) => ({ stamp: until(2_000)(at), frames: 1 });
    assertEquals(listenFor(2_000 + LISTEN.silentMs - STEP, say).tag, "heard");
    assertEquals(listenFor(2_000 + LISTEN.silentMs, say).tag, "silent");
  });

  it("waits longer where there were only beats, and does not miss media while there are", () => {
    const say = (at: number) => ({ stamp: until(1_000)(at), frames: until(4_000)(at) });
    assertEquals(listenFor(4_000, say).tag, "heard", "muted");
    assertEquals(listenFor(4_000 + LISTEN.beatlessMs - STEP, say).tag, "heard");
    assertEquals(listenFor(4_000 + LISTEN.beatlessMs + STEP, say).tag, "silent");
  });

  it("never misses what has not come yet", () => {
    assertEquals(listenFor(60_000, () => ({ stamp: undefined, frames: 0 })).tag, "new");
  });

  it("hears it again at once, also when the browser has forgotten what it played", () => {
    const say = (at: number) => ({ stamp: at > 4_000 ? undefined : until(1_000)(at), frames: 1 });
    const silent = listenFor(5_000, say);
    assertEquals(silent.tag, "silent");
    assertEquals(listen(silent, { stamp: 9, frames: 1, at: 5_100 }).tag, "heard");
  });

  it("does not take a page that was held up for one that hears nothing", () => {
    const flowing = listenFor(1_000, (at) => ({ stamp: at, frames: 1 }));
    assertEquals(listen(flowing, { stamp: 1_000, frames: 1, at: 60_000 }).tag, "heard");
  });

  it("expects nothing of one who never said that it is there", () => {
    const muted = listenFor(60_000, (at) => ({ stamp: until(1_000)(at), frames: 0 }));
    assertEquals(muted.tag, "heard");
  });
});

describe("mend", () => {
  it("comes at once the first time, and less and less often for who is silent again and again", () => {
    const first = mend(NO_MENDS, 1_000)!;
    assertEquals(mend(first, 1_000 + MEND.pauseMs - 1), undefined);
    const second = mend(first, 1_000 + MEND.pauseMs)!;
    assertEquals(second.nextAt - first.nextAt, 2 * MEND.pauseMs);
    let mends = second;
    for (let i = 0; i < 10; i++) mends = mend(mends, mends.nextAt)!;
    const last = mend(mends, mends.nextAt)!;
    assertEquals(last.nextAt - mends.nextAt, MEND.longestMs);
  });

  it("forgets after a while that was well", () => {
    let mends: Mends = NO_MENDS;
    for (let i = 0; i < 5; i++) mends = mend(mends, Math.max(0, mends.nextAt))!;
    const at = mends.nextAt + MEND.forgetMs;
    assertEquals(mend(mends, at), { count: 1, nextAt: at + MEND.pauseMs });
  });
});

describe("search", () => {
  const due = { connection: "connecting", isDue: true } as const;

  it("gives up after a while, tells it where no SFU came, and goes on until there is a path", () => {
    let state: Search = search(NO_SEARCH, { ...due, now: 0 });
    state = search(state, { ...due, now: HEAL.noPathMs - 1 });
    assertEquals(state.tag, "looking");
    state = search(state, { ...due, now: HEAL.noPathMs });
    assertEquals(state.tag, "missing");
    state = search(state, { ...due, now: HEAL.noPathMs + HEAL.noPathWarningMs });
    assertEquals(state.tag, "told");
    assertEquals(search(state, { ...due, connection: "connected", now: 99_999 }), NO_SEARCH);
  });

  it("is patient where there has been a path: the node finds out first whose network is gone", () => {
    const lost = { connection: "reconnecting", isDue: true } as const;
    const state = search(NO_SEARCH, { ...lost, now: 0 });
    assertEquals(search(state, { ...lost, now: HEAL.noPathMs }).tag, "looking");
    assertEquals(search(state, { ...lost, now: HEAL.lostPathMs }).tag, "missing");
  });

  it("is not so patient once the other one is known to look for it too", () => {
    const lost = { connection: "reconnecting", isDue: true } as const;
    const at = 5_000 + HEAL.noPathMs;
    let state = search(NO_SEARCH, { ...lost, now: 0 });
    state = search(state, { ...lost, isAnswered: true, now: 5_000 });
    state = search(state, { ...lost, isAnswered: true, now: at - 1 });
    assertEquals(state.tag, "looking");
    state = search(state, { ...lost, isAnswered: true, now: at });
    assertEquals(state.tag, "again");
    state = search(state, { ...lost, isAnswered: false, now: at + 1 });
    assertEquals(state.tag, "again");
    assertEquals(search(state, { ...lost, isAnswered: true, now: at + 2 }).tag, "missing");
  });

  it("is patient still where the other one was only back for long enough to answer once", () => {
    const lost = { connection: "reconnecting", isDue: true } as const;
    let state: Search = search(NO_SEARCH, { ...lost, now: 0 });
    state = search(state, { ...lost, isAnswered: true, now: 600 });
    for (let now = 800; now < HEAL.lostPathMs; now += STEP) {
      // What it has answered is being made until another takes its place.
      state = search(state, { ...lost, isAnswered: state.tag === "looking", now });
      assertEquals(state.tag, now < 600 + HEAL.noPathMs ? "looking" : "again", `at ${now}`);
    }
    assertEquals(search(state, { ...lost, now: HEAL.lostPathMs }).tag, "missing");
  });

  it("begins anew with who took part once the service has been away", () => {
    const lost = { connection: "reconnecting", isDue: true, isAnswered: true } as const;
    let state: Search = search(NO_SEARCH, { ...lost, now: 0 });
    state = search(state, { ...lost, now: HEAL.noPathMs });
    state = search(state, { ...lost, isDue: false, now: HEAL.noPathMs + 1 });
    assertEquals(state, { since: undefined, tag: "looking" });
  });

  it("does not count the time in which none could be found, and forgets nothing by an SFU", () => {
    let state: Search = search(NO_SEARCH, { ...due, now: 0 });
    state = search(state, { ...due, isDue: false, now: HEAL.noPathMs });
    state = search(state, { ...due, now: HEAL.noPathMs + 1 });
    assertEquals(state.tag, "looking");
    state = search(state, { ...due, now: 2 * HEAL.noPathMs + 1 });
    assertEquals(search(state, { ...due, isDue: false, now: 99_999 }).tag, "missing");
  });
});

describe("endsSoon", () => {
  const servers = (end: number) => [{ urls: ["stun:s"] }, {
    urls: ["turn:t"],
    username: `${end}:p_1`,
    credential: "x",
  }];
  /** Came at 5,000 by our clock, when it was 1,000 s at the service. */
  const fresh = issued({ iceServers: servers(1_100), ttlSeconds: 100 }, 5_000)!;

  it("reads the service's clock from what it has just issued", () => {
    const before = servers(1_060);
    assertEquals(endsSoon(before, fresh, 5_000), false, "60 s are left");
    assertEquals(endsSoon(before, fresh, 5_000 + 36_000), true, "24 of 100 s are left");
  });

  it("leaves alone what nothing newer can replace, and what says nothing of its end", () => {
    assertEquals(endsSoon(servers(1_100), fresh, 5_000 + 99_000), false);
    assertEquals(endsSoon([{ username: "fixed" }], fresh, 5_000 + 99_000), false);
    assertEquals(issued({ iceServers: [{ urls: ["stun:s"] }] }, 0), undefined);
  });
});

describe("guardiansOf", () => {
  const all = Array.from({ length: 12 }, (_, i) => `p_${i}`);

  it("is the same at both ends, whatever the order, and never oneself", () => {
    const guardians = guardiansOf("p_3", all);
    assertEquals(guardiansOf("p_3", all.toReversed()), guardians);
    assertEquals(guardians.length, LIFELINES.guardians);
    assertEquals(guardians.includes("p_3"), false);
  });

  it("is everybody in a small call, and spread in a large one", () => {
    assertEquals(guardiansOf("p_1", ["p_0", "p_1"]), ["p_0"]);
    const loads = new Map<string, number>();
    for (const ward of all) {
      for (const id of guardiansOf(ward, all)) loads.set(id, (loads.get(id) ?? 0) + 1);
    }
    assertEquals(Math.max(...loads.values()) <= 2 * LIFELINES.guardians, true, `${[...loads]}`);
  });
});

describe("relaysIn", () => {
  it("finds the addresses of TURN servers in descriptions", () => {
    const sdp = [
      "a=candidate:1 1 udp 2113937151 10.0.0.2 5000 typ host",
      "a=candidate:2 1 udp 33562367 198.51.100.1 49233 typ relay raddr 0.0.0.0 rport 0",
      "a=candidate:3 1 udp 33562111 198.51.100.1 49234 typ relay raddr 0.0.0.0 rport 0",
      "a=candidate:4 1 udp 33562111 2001:db8::1 49234 typ relay raddr :: rport 0",
    ].join("\r\n");
    assertEquals([...relaysIn([sdp, undefined])], ["198.51.100.1", "2001:db8::1"]);
  });
});
