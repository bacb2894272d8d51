import { assert, assertEquals, assertRejects } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { Engine } from "../../../lib/sfu/embedded/engine.ts";
import { LocalSfu } from "../../../lib/sfu/embedded/local.ts";
import { embeddedSfu, hasUdp } from "../../../lib/sfu/embedded/mod.ts";
import { EMBEDDED } from "../../../lib/sfu/embedded/policy.ts";
import { Room } from "../../../lib/sfu/embedded/room.ts";
import { Seated } from "../../../lib/sfu/embedded/session.ts";
import { bind } from "../../../lib/sfu/embedded/udp.ts";
import {
  type Sfu,
  SfuError,
  type SfuEvents,
  type SfuInfo,
  type SfuSeat,
} from "../../../lib/sfu/mod.ts";
import { becomes } from "../../helpers/becomes.ts";

const info = { id: "embedded", region: "local", capacity: 50 };

/** An offer of a participant that has a microphone, and never comes by UDP. */
const OFFER = [
  "v=0",
  "o=- 1 2 IN IP4 127.0.0.1",
  "s=-",
  "t=0 0",
  "m=audio 9 UDP/TLS/RTP/SAVPF 111",
  "a=fingerprint:sha-256 AA:BB",
  "a=setup:actpass",
  "a=mid:0",
  "a=sendonly",
  "a=rtpmap:111 opus/48000/2",
  "",
].join("\r\n");

function seatOf(participant: string, more: Partial<SfuSeat> = {}): SfuSeat {
  return { room: "room", participant, publish: true, subscribe: true, ...more };
}

/** Remembers what it is told. */
function ear(): SfuEvents & { offers: number[]; ends: string[]; sdp: string } {
  const heard = {
    offers: [] as number[],
    ends: [] as string[],
    sdp: "",
    offer({ number, sdp }: { number: number; sdp: string }) {
      heard.offers.push(number);
      heard.sdp = sdp;
    },
    candidate: () => {},
    ended: (reason: string) => void heard.ends.push(reason),
  };
  return heard;
}

/** What a browser would answer, in short. */
function answerTo(offer: string): string {
  return offer.replaceAll("a=sendonly", "a=recvonly").replaceAll(
    "a=setup:actpass",
    "a=setup:active",
  );
}

for (
  const [name, make] of [
    ["in a worker", () => embeddedSfu({ info })],
    ["without its worker", () => new LocalSfu(info, new Engine())],
  ] as const
) {
  describe(`sessions of the embedded SFU ${name}`, () => {
    async function withSfu(test: (sfu: Sfu) => Promise<void>): Promise<void> {
      const sfu = make();
      try {
        await test(sfu);
      } finally {
        await sfu.close();
      }
    }

    it("go on for who has the ticket, with the offer that was not answered", () =>
      withSfu(async (sfu) => {
        const ada = await sfu.open(seatOf("ada"), ear());
        await ada.publish(OFFER);
        const [first, second] = [ear(), ear()];
        const bob = await sfu.open(seatOf("bob"), first);
        await becomes(() => first.offers, [1]);
        const again = await sfu.open(seatOf("bob", { ticket: bob.ticket }), second);
        await becomes(() => second.offers, [1]);
        const late = await assertRejects(() => bob.answer(1, answerTo(first.sdp)), SfuError);
        assertEquals(late.code, "session_gone");
        bob.release();
        await bob.close();
        await again.answer(1, answerTo(second.sdp));
        await ada.close();
        await becomes(() => second.offers, [1, 2]);
        assertEquals([first.offers, first.ends, second.ends], [[1], [], []]);
      }));

    it("end when the participant begins another one", () =>
      withSfu(async (sfu) => {
        const before = ear();
        const ada = await sfu.open(seatOf("ada"), before);
        await sfu.open(seatOf("ada"), ear());
        await becomes(() => before.ends.length, 1);
        const error = await assertRejects(() => ada.publish(OFFER), SfuError);
        assertEquals(error.code, "session_gone");
        await becomes(() => sfu.load, 1);
      }));

    it("end with the SFU", async () => {
      const heard = ear();
      const sfu = make();
      await sfu.open(seatOf("ada"), heard);
      await sfu.close();
      assertEquals(heard.ends, ["the SFU is closed"]);
    });
  });
}

describe("an embedded SFU", () => {
  /** Its clock is put forward by hand. */
  class Forward extends Engine {
    ahead = 0;
    override readonly now = () => performance.now() + this.ahead;
  }

  it("ends a session whose connection nobody checks any more", async () => {
    const engine = new Forward();
    const sfu = new LocalSfu(info, engine);
    const heard = ear();
    const ada = await sfu.open(seatOf("ada"), heard);
    await ada.publish(OFFER);
    engine.ahead = EMBEDDED.consentMs - 5_000;
    await ada.layers({});
    assertEquals(heard.ends, []);
    engine.ahead = EMBEDDED.consentMs;
    await becomes(() => heard.ends, ["no connectivity check has come for 30 s"]);
    assertEquals([sfu.load, sfu.rooms], [0, 0]);
    await sfu.close();
  });

  it("ends a session that was released and that nobody has gone on with", async () => {
    const engine = new Forward();
    const sfu = new LocalSfu(info, engine);
    const ada = await sfu.open(seatOf("ada"), ear());
    ada.release();
    engine.ahead = EMBEDDED.releasedMs;
    await becomes(() => sfu.load, 0);
    await sfu.close();
  });

  it("ends a session of someone who was to send and never made a connection", async () => {
    const engine = new Forward();
    const sfu = new LocalSfu(info, engine);
    const [sender, viewer] = [ear(), ear()];
    await sfu.open(seatOf("ada"), sender);
    await sfu.open(seatOf("bob", { publish: false }), viewer);
    engine.ahead = EMBEDDED.releasedMs - 5_000;
    await becomes(() => sfu.load, 2);
    engine.ahead = EMBEDDED.releasedMs;
    await becomes(() => sender.ends, ["no connection has been made for 30 s"]);
    // Who only receives has nothing to make a connection for as long as nobody sends.
    assertEquals([viewer.ends, sfu.load], [[], 1]);
    await sfu.close();
  });

  it("has no more sessions than it is to have, but a participant's next one", async () => {
    for (
      const make of [embeddedSfu, ({ info }: { info: SfuInfo }) => new LocalSfu(info, new Engine())]
    ) {
      const sfu: Sfu = make({ info: { ...info, capacity: 2 } });
      const ada = await sfu.open(seatOf("ada"), ear());
      await sfu.open(seatOf("bob"), ear());
      const error = await assertRejects(() => sfu.open(seatOf("eve"), ear()), SfuError);
      assertEquals(error.code, "unavailable");
      assert(error.message.includes("it has 2 sessions, expected fewer than 2"), error.message);
      await sfu.open(seatOf("bob"), ear());
      await sfu.open(seatOf("ada", { ticket: ada.ticket }), ear());
      await ada.close();
      await sfu.close();
    }
  });

  it("remembers the wishes of a session for those who are there, and a few others", async () => {
    const engine = new Engine();
    const room = new Room();
    const ada = new Seated(seatOf("ada"), { engine, room, ended: () => {} });
    const bob = new Seated(seatOf("bob"), { engine, room, ended: () => {} });
    for (const seated of [ada, bob]) room.enter(seated);
    await ada.layers({ bob: "low" });
    for (let i = 0; i < 4; i++) {
      await ada.layers(
        Object.fromEntries(Array.from({ length: 900 }, (_, n) => [`${i} ${n}`, "low" as const])),
      );
    }
    assertEquals(ada.wishes, EMBEDDED.wishesMost + 1);
    for (const seated of [ada, bob]) seated.close();
    await engine.close();
  });

  it("says why it cannot be used where its ports are taken, and can be when they are free", async () => {
    const free = await bind("127.0.0.1", 0);
    const { port } = free.address();
    free.close();
    const taken = new Engine({ ports: [port, port] });
    await taken.start();
    const sfu = embeddedSfu({ info, ports: [port, port] });
    const error = await assertRejects(() => sfu.open(seatOf("ada"), ear()), SfuError);
    assertEquals(error.code, "unavailable");
    assert(error.message.includes(`tried port ${port} to ${port}`), error.message);
    await becomes(() => sfu.health, "down");
    await taken.close();
    await becomes(() => sfu.health, "up");
    const session = await sfu.open(seatOf("ada"), ear());
    const answer = await session.publish(OFFER);
    assert(answer.includes(` ${port} typ host`), answer);
    await sfu.close();
  });

  it("is not for hosts that have no UDP", async () => {
    assertEquals(await hasUdp(), true);
    Deno.env.set("DENO_DEPLOYMENT_ID", "test");
    try {
      assertEquals(await hasUdp(), false);
      const sfu = embeddedSfu({ info });
      await becomes(() => sfu.reason, "this host has no UDP");
      const error = await assertRejects(() => sfu.open(seatOf("ada"), ear()), SfuError);
      assertEquals(error.code, "unavailable");
      await sfu.close();
    } finally {
      Deno.env.delete("DENO_DEPLOYMENT_ID");
    }
  });

  it("refuses an offer with other sections than it has slots", async () => {
    const sfu = embeddedSfu({ info });
    const ada = await sfu.open(seatOf("ada"), ear());
    for (
      const [wrong, said] of [
        [OFFER.replace("m=audio", "m=video"), "its media sections are video"],
        [OFFER.replace("a=fingerprint:sha-256 AA:BB\r\n", ""), "it has no fingerprint"],
        [OFFER.replace("actpass", "passive"), 'it says setup "passive"'],
        ["", "expected"],
      ] as const
    ) {
      const error = await assertRejects(() => ada.publish(wrong), SfuError);
      assertEquals(error.code, "invalid");
      assert(error.message.includes(said), error.message);
    }
    await ada.publish(OFFER);
    await sfu.close();
  });
});
