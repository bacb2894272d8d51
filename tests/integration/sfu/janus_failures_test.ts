import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { isParticipants } from "../../../lib/sfu/janus/ids.ts";
import { janusSfu } from "../../../lib/sfu/janus/mod.ts";
import { JANUS_POLICY, type JanusPolicy } from "../../../lib/sfu/janus/policy.ts";
import { type Sfu, SfuError } from "../../../lib/sfu/mod.ts";
import { healthy } from "../../contract/sfu.ts";
import { becomes } from "../../helpers/becomes.ts";
import { startProxy } from "../../helpers/cuttable_proxy.ts";
import {
  type JanusOptions,
  type JanusServer,
  janusUrl,
  startJanus,
} from "../../helpers/janus_server.ts";
import { quickClient } from "../../helpers/rtc_client.ts";
import { joinSfu, type SfuPerson } from "../../helpers/sfu_person.ts";

const NO_EVENTS = { offer: () => {}, candidate: () => {}, ended: () => {} };
/** Within which what has died or hangs must be seen, in ms. */
const SEEN_MS = 2_000;

interface Parts {
  janus: JanusServer;
  sfu: Sfu;
  /** Joins the one room and sends. */
  join(name: string, sfu?: Sfu): Promise<SfuPerson>;
}

async function withJanus(
  test: (parts: Parts) => Promise<void>,
  { policy = JANUS_POLICY, options = {} }: { policy?: JanusPolicy; options?: JanusOptions } = {},
): Promise<void> {
  await using janus = await startJanus(options);
  const sfu = janusSfu(janusUrl(janus), () => {}, policy);
  const people: SfuPerson[] = [];
  try {
    await healthy(sfu);
    await test({
      janus,
      sfu,
      async join(name, at = sfu) {
        const seat = { room: "tenant/room#1", participant: `p_${name}` };
        const person = await joinSfu(at, seat, quickClient);
        people.push(person);
        await person.publish();
        return person;
      },
    });
  } finally {
    await Promise.all(people.map((person) => person.leave()));
    await sfu.close();
  }
}

/** How long it took until `sfu` was as expected, in ms. */
function changes(sfu: Sfu, to: "up" | "down"): Promise<number> {
  const since = performance.now();
  return new Promise((resolve) => {
    const look = () => {
      if (sfu.health === to) resolve(performance.now() - since);
    };
    sfu.onHealth(look);
    look();
  });
}

async function participantsAt(janus: JanusServer): Promise<number> {
  return (await janus.sessions()).filter(isParticipants).length;
}

// The WebRTC library leaves reads of sockets behind that it has closed.
const LEAKY = { sanitizeOps: false, sanitizeResources: false };

describe({ name: "a Janus that fails", ...LEAKY }, () => {
  it("is down at once when it is killed, and its sessions have ended when it is back", () =>
    withJanus(async ({ janus, sfu, join }) => {
      const [anna, ben] = await Promise.all([join("anna"), join("ben")]);
      await anna.hears("p_ben");
      const down = changes(sfu, "down");
      await janus.kill();
      assert(await down < SEEN_MS);
      assertStringIncludes(sfu.reason, janus.url);
      const error = await assertRejects(() => anna.session.layers({ p_ben: "low" }), SfuError);
      assertEquals(error.code, "unavailable");
      const up = changes(sfu, "up");
      await janus.start();
      await up;
      await becomes(() => [anna.ended !== undefined, ben.ended !== undefined], [true, true]);
      const carl = await join("carl");
      assertEquals(carl.ended, undefined);
    }));

  it("is down within 2 s when it hangs; when it goes on, so do its sessions", () =>
    withJanus(async ({ janus, sfu, join }) => {
      const [anna, ben] = await Promise.all([join("anna"), join("ben")]);
      await anna.hears("p_ben");
      const down = changes(sfu, "down");
      janus.pause();
      try {
        assert(await down < SEEN_MS);
        const error = await assertRejects(
          () => sfu.open({ ...anna.seat, participant: "p_x" }, NO_EVENTS),
          SfuError,
        );
        assertEquals(error.code, "unavailable");
      } finally {
        janus.resume();
      }
      await changes(sfu, "up");
      await anna.hears("p_ben");
      const carl = await join("carl");
      await carl.hears("p_anna");
      await anna.hears("p_carl");
      assertEquals([anna.ended, ben.ended], [undefined, undefined]);
    }));

  it("ends what could not be closed while it hung, when it goes on", () =>
    withJanus(async ({ janus, sfu, join }) => {
      await join("anna");
      const ben = await join("ben");
      const down = changes(sfu, "down");
      janus.pause();
      try {
        await down;
        await ben.leave();
      } finally {
        janus.resume();
      }
      await changes(sfu, "up");
      await becomes(() => participantsAt(janus), 1);
    }));

  it("keeps media flowing while the connection to it is cut, and is up again after that", () =>
    withJanus(async ({ janus, join }) => {
      await using proxy = startProxy(janus.url.replace("ws:", "http:"));
      const url = janusUrl(janus);
      const near = { ...url, url: proxy.url.replace("http:", "ws:") };
      const sfu = janusSfu(near, () => {});
      await healthy(sfu);
      const anna = await join("anna");
      const ben = await join("ben", sfu);
      await ben.hears("p_anna");
      const down = changes(sfu, "down");
      proxy.cut();
      await down;
      const hearing = ben.hears("p_anna");
      await join("carl");
      await changes(sfu, "up");
      await hearing;
      await ben.sees("p_anna", "p_carl");
      await ben.hears("p_carl");
      await anna.hears("p_ben");
      assertEquals(ben.ended, undefined);
      await ben.leave();
      await sfu.close();
    }));

  it("lets another node go on with the sessions of one that vanished", () =>
    withJanus(async ({ janus, sfu, join }) => {
      await using wires = new AsyncDisposableStack();
      const proxy = wires.use(startProxy(janus.url.replace("ws:", "http:")));
      const url = janusUrl(janus);
      const near = { ...url, url: proxy.url.replace("http:", "ws:") };
      const node = janusSfu(near, () => {});
      await healthy(node);
      const anna = await join("anna");
      const ben = await join("ben", node);
      await ben.hears("p_anna");
      // The node is gone without a word: its connection ends, and it says nothing more.
      const { session } = ben;
      const down = changes(node, "down");
      await wires.disposeAsync();
      await down;
      await node.close();
      await ben.hears("p_anna");
      await ben.resume(sfu);
      assertEquals(ben.session.ticket, session.ticket);
      await ben.hears("p_anna");
      await join("carl");
      await ben.hears("p_carl");
      await anna.hears("p_ben");
    }));

  it("ends a session whose last offer was lost with its node, when another goes on with it", () =>
    withJanus(async ({ janus, sfu, join }) => {
      const { seat } = await join("anna");
      const mine = { ...seat, participant: "p_ben", publish: false };
      const offers: number[] = [];
      const offer = ({ number }: { number: number }) => void offers.push(number);
      const session = await sfu.open(mine, { ...NO_EVENTS, offer });
      await becomes(() => offers.length, 1);
      session.release();
      let reason = "";
      const ended = (why: string) => void (reason = why);
      await sfu.open({ ...mine, ticket: session.ticket }, { ...NO_EVENTS, ended });
      await becomes(() => reason !== "", true);
      await becomes(() => participantsAt(janus), 1);
    }));

  it("forgets sessions that nobody claims, and the janitor their room", () =>
    withJanus(async ({ janus, sfu, join }) => {
      const anna = await join("anna");
      anna.session.release();
      await becomes(() => participantsAt(janus), 0, { withinMs: 8_000 });
      await becomes(() => janus.rooms(), {});
      const seat = { ...anna.seat, ticket: anna.session.ticket };
      const error = await assertRejects(() => sfu.open(seat, NO_EVENTS), SfuError);
      assertEquals(error.code, "session_gone");
    }, {
      policy: { ...JANUS_POLICY, janitorMs: 300 },
      options: { sessionTimeout: 2 },
    }));
});

describe({ name: "a Janus", ...LEAKY }, () => {
  it("carries many rooms over one connection, and nothing is left of them", () =>
    withJanus(async ({ janus, sfu }) => {
      const rooms = Array.from({ length: 50 }, (_, n) => `tenant/room${n}#1`);
      const sessions = await Promise.all(
        rooms.flatMap((room) =>
          ["p_1", "p_2", "p_3"].map((participant) =>
            sfu.open({ room, participant, publish: true, subscribe: true }, NO_EVENTS)
          )
        ),
      );
      const found = await janus.rooms();
      assertEquals(Object.keys(found).sort(), rooms.toSorted());
      assertEquals(new Set(Object.values(found)), new Set([3]));
      await Promise.all(sessions.map((session) => session.close()));
      assertEquals(await janus.rooms(), {});
      assertEquals(await participantsAt(janus), 0);
    }));

  it("lets people join while the last one leaves, again and again", () =>
    withJanus(async ({ janus, sfu }) => {
      const seat = { room: "tenant/room#1", publish: true, subscribe: true };
      let last = await sfu.open({ ...seat, participant: "p_0" }, NO_EVENTS);
      for (let n = 1; n <= 30; n++) {
        const [next] = await Promise.all([
          sfu.open({ ...seat, participant: `p_${n}` }, NO_EVENTS),
          last.close(),
        ]);
        last = next;
      }
      await last.close();
      await becomes(() => janus.rooms(), {});
      await becomes(() => participantsAt(janus), 0);
    }));

  it("takes someone who comes anew in place of a session that nobody closed", () =>
    withJanus(async ({ janus, join }) => {
      const anna = await join("anna");
      const before = await join("ben");
      await anna.hears("p_ben");
      const ben = await join("ben");
      await ben.hears("p_anna");
      await anna.hears("p_ben");
      assert(before.ended !== undefined);
      await becomes(() => participantsAt(janus), 2);
    }));

  it("takes part with candidates within its descriptions, too", () =>
    withJanus(async ({ join }) => {
      const [anna, ben] = await Promise.all([join("anna"), join("ben")]);
      await anna.hears("p_ben");
      await ben.hears("p_anna", "camera");
    }, { options: { fullTrickle: false } }));

  for (
    const [name, options, parameters, reason] of [
      ["a wrong secret", { secret: "right" }, { secret: "wrong" }, "secret or token"],
      ["no secret where it wants one", { secret: "right" }, { secret: "" }, "secret or token"],
      ["a wrong admin key", {}, { adminKey: "wrong" }, "admin_key"],
      ["numbers for names", { stringIds: false }, {}, "string_ids = true"],
    ] as const
  ) {
    it(`is down with a reason: ${name}`, async () => {
      await using janus = await startJanus(options);
      const sfu = janusSfu(janusUrl(janus, parameters), () => {});
      await becomes(() => sfu.reason.includes(reason), true);
      assertEquals(sfu.health, "down");
      assert(!sfu.reason.includes("right") && !sfu.reason.includes("wrong"));
      await sfu.close();
    });
  }

  it("tells how many it has, also without its admin API", () =>
    withJanus(async ({ sfu, join }) => {
      const anna = await join("anna");
      await becomes(() => sfu.load, 1);
      await anna.leave();
      await becomes(() => sfu.load, 0);
    }, { policy: { ...JANUS_POLICY, loadMs: 100 } }));

  it("is used with its secret, and with tokens that are signed", () =>
    withJanus(
      async ({ sfu }) => {
        const seat = { room: "tenant/room#1", participant: "p_1", publish: true, subscribe: true };
        const session = await sfu.open(seat, NO_EVENTS);
        await session.close();
      },
      { options: { secret: "right", tokenSecret: "signing" } },
    ));
});
