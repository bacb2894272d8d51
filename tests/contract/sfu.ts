import { assert, assertEquals, assertRejects } from "@std/assert";
import { afterAll, beforeAll, describe, it } from "@std/testing/bdd";
import { randomId } from "../../lib/ids.ts";
import { type Sfu, SfuError, type SfuReach, type SfuSeat } from "../../lib/sfu/mod.ts";
import { becomes } from "../helpers/becomes.ts";
import { joinSfu, type MakeSfuClient, type SfuPerson } from "../helpers/sfu_person.ts";

/** An SFU with what is needed to use it and to look into it. */
export interface SfuUnderTest extends AsyncDisposable {
  /** Another node's adapter for it; of a `hosted` one a whole new SFU. */
  connect(): Sfu;
  makeClient: MakeSfuClient;
  /** Participants' sessions, and rooms, that are there now. */
  left(
    sfu: Sfu,
  ): { sessions: number; rooms: number } | Promise<{ sessions: number; rooms: number }>;
}

/** Resolves when it can be used. */
export function healthy(sfu: Sfu): Promise<void> {
  return becomes(() => `${sfu.health} ${sfu.reason}`, "up ");
}

const NOTHING = { sessions: 0, rooms: 0 };

/** What every SFU adapter must do while its SFU is well. */
export function sfuContract(
  name: string,
  reach: SfuReach,
  start: () => SfuUnderTest | Promise<SfuUnderTest>,
): void {
  // The WebRTC library leaves reads of sockets behind that it has closed.
  describe({ name: `sfu: ${name}`, sanitizeOps: false, sanitizeResources: false }, () => {
    let under: SfuUnderTest;
    let sfu: Sfu;

    beforeAll(async () => {
      under = await start();
      sfu = under.connect();
      await healthy(sfu);
    });
    afterAll(async () => {
      await sfu.close();
      await under[Symbol.asyncDispose]();
    });

    /** Runs a test in a room of its own, and sees to it that nothing is left of it. */
    async function withRoom(
      test: (
        join: (
          name: string,
          seat?: Partial<SfuSeat>,
        ) => Promise<SfuPerson>,
      ) => Promise<void>,
    ): Promise<void> {
      const room = `tenant/${randomId(8)}#1`;
      const people: SfuPerson[] = [];
      try {
        await test(async (name, seat = {}) => {
          const participant = `p_${name}`;
          const person = await joinSfu(sfu, { room, participant, ...seat }, under.makeClient);
          people.push(person);
          return person;
        });
        for (const person of people) {
          assertEquals(person.failures, [], `of ${person.id}`);
          assertEquals(person.client.wrong, [], `heard by ${person.id}`);
        }
      } finally {
        await Promise.all(people.map((person) => person.leave()));
      }
      await becomes(() => under.left(sfu), NOTHING);
    }

    /** Joins these, and has all of them send. */
    async function inCall(
      join: (name: string) => Promise<SfuPerson>,
      ...names: string[]
    ): Promise<SfuPerson[]> {
      return await Promise.all(names.map(async (name) => {
        const person = await join(name);
        await person.publish();
        return person;
      }));
    }

    it("says what it is", () => {
      assertEquals(sfu.reach, reach);
      assertEquals(sfu.health, "up");
      assertEquals(sfu.reason, "");
    });

    it("brings each the media of the other, in the right slots", () =>
      withRoom(async (join) => {
        const [anna, ben] = await inCall(join, "anna", "ben") as [SfuPerson, SfuPerson];
        await anna.sees("p_ben");
        await ben.sees("p_anna");
        for (const kind of ["microphone", "camera", "screen", "screenAudio"] as const) {
          await anna.hears("p_ben", kind);
          await ben.hears("p_anna", kind);
        }
        const kinds = anna.slots.map(({ kind }) => kind);
        assertEquals(kinds, ["microphone", "camera", "screen", "screenAudio"]);
        assertEquals(new Set(anna.slots.map(({ mid }) => mid)).size, 4);
      }));

    it("brings the media of three to each other, and of someone who comes late", () =>
      withRoom(async (join) => {
        const [anna, ben, carl] = await inCall(join, "anna", "ben", "carl") as SfuPerson[];
        await Promise.all([
          anna!.sees("p_ben", "p_carl"),
          ben!.sees("p_anna", "p_carl"),
          carl!.sees("p_anna", "p_ben"),
        ]);
        const [dora] = await inCall(join, "dora");
        await dora!.sees("p_anna", "p_ben", "p_carl");
        for (const one of [anna, ben, carl]) {
          await dora!.hears(one!.id);
          await one!.hears("p_dora");
        }
        await anna!.hears("p_carl", "camera");
      }));

    it("numbers offers upwards, and sends the next one only after the answer", () =>
      withRoom(async (join) => {
        const [anna] = await inCall(join, "anna");
        await Promise.all(["ben", "carl", "dora"].map((name) => inCall(join, name)));
        await anna!.sees("p_ben", "p_carl", "p_dora");
        assertEquals(anna!.offers, anna!.offers.toSorted((a, b) => a - b));
        assertEquals(new Set(anna!.offers).size, anna!.offers.length);
      }));

    it("takes someone who leaves out of the next offer, and the place is free for another", () =>
      withRoom(async (join) => {
        const [anna, ben, carl] = await inCall(join, "anna", "ben", "carl") as SfuPerson[];
        await anna!.sees("p_ben", "p_carl");
        await carl!.sees("p_anna", "p_ben");
        await ben!.leave();
        await anna!.sees("p_carl");
        await anna!.hears("p_carl");
        await inCall(join, "dora");
        await anna!.sees("p_carl", "p_dora");
        await anna!.hears("p_dora", "camera");
        await anna!.hears("p_dora", "screenAudio");
      }));

    it("keeps rooms apart", () =>
      withRoom(async (join) => {
        const [anna, ben] = await inCall(join, "anna", "ben") as [SfuPerson, SfuPerson];
        const carl = await join("carl", { room: "tenant/other#1" });
        await carl.publish();
        await ben.sees("p_anna");
        await anna.hears("p_ben");
        assertEquals(carl.offers, []);
      }));

    it("takes nothing from someone who may not send", () =>
      withRoom(async (join) => {
        const guest = await join("guest", { publish: false });
        const [anna] = await inCall(join, "anna");
        await guest.hears("p_anna");
        const error = await assertRejects(() => guest.publish(), SfuError);
        assertEquals(error.code, "invalid");
        assertEquals(anna!.offers, []);
      }));

    it("sends nothing to someone who is not to be sent anything", () =>
      withRoom(async (join) => {
        const guest = await join("guest", { subscribe: false });
        await guest.publish();
        const [anna] = await inCall(join, "anna");
        await anna!.hears("p_guest");
        assertEquals(guest.offers, []);
      }));

    it("takes a new sending connection in place of the old one", () =>
      withRoom(async (join) => {
        const [anna, ben] = await inCall(join, "anna", "ben") as [SfuPerson, SfuPerson];
        await ben.hears("p_anna");
        await ben.session.layers({ p_anna: "low" });
        await becomes(() => ben.client.layer("p_anna"), "low");
        await anna.publish();
        await ben.hears("p_anna");
        await ben.hears("p_anna", "camera");
        await becomes(() => ben.client.layer("p_anna"), "low");
        await anna.hears("p_ben");
      }));

    it("makes the receiving connection anew", () =>
      withRoom(async (join) => {
        const [anna, ben] = await inCall(join, "anna", "ben") as [SfuPerson, SfuPerson];
        await ben.hears("p_anna");
        const before = ben.offers.length;
        await ben.resubscribe();
        await becomes(() => ben.offers.length > before, true);
        await ben.hears("p_anna");
        await inCall(join, "carl");
        await ben.sees("p_anna", "p_carl");
        await ben.hears("p_carl");
        await anna.hears("p_ben");
      }));

    it("sends the layer of a camera that is asked for, and none", () =>
      withRoom(async (join) => {
        const [anna, ben] = await inCall(join, "anna", "ben") as [SfuPerson, SfuPerson];
        await ben.hears("p_anna", "camera");
        await becomes(() => ben.client.layer("p_anna"), "high");
        for (const layer of ["low", "medium", "high"] as const) {
          await ben.session.layers({ p_anna: layer, p_nobody: layer });
          await becomes(() => ben.client.layer("p_anna"), layer);
        }
        await ben.session.layers({ p_anna: "off" });
        await becomes(async () => {
          const before = ben.client.received("p_anna", "camera");
          await ben.hears("p_anna");
          return ben.client.received("p_anna", "camera") - before;
        }, 0);
        await ben.session.layers({ p_anna: "low" });
        await ben.hears("p_anna", "camera");
        await becomes(() => ben.client.layer("p_anna"), "low");
        await anna.hears("p_ben", "camera");
      }));

    it("keeps to a layer that was asked for before its sender came", () =>
      withRoom(async (join) => {
        const [ben] = await inCall(join, "ben");
        await ben!.session.layers({ p_anna: "low" });
        await inCall(join, "anna");
        await ben!.hears("p_anna", "camera");
        await becomes(() => ben!.client.layer("p_anna"), "low");
      }));

    it("takes candidates of both connections, and the word that there are no more", () =>
      withRoom(async (join) => {
        const [anna, ben] = await inCall(join, "anna", "ben") as [SfuPerson, SfuPerson];
        await anna.hears("p_ben");
        const candidate = "candidate:1 1 udp 2015363327 192.0.2.77 50000 typ host";
        for (const connection of ["publish", "subscribe"] as const) {
          await ben.session.candidate(connection, { candidate, sdpMid: "0", sdpMLineIndex: 0 });
          await ben.session.candidate(connection, null);
        }
        await ben.hears("p_anna");
      }));

    it("refuses descriptions that are none, and goes on", () =>
      withRoom(async (join) => {
        const anna = await join("anna");
        for (const wrong of ["", "nonsense"]) {
          const error = await assertRejects(() => anna.session.publish(wrong), SfuError);
          assertEquals(error.code, "invalid");
        }
        await anna.publish();
        const [ben] = await inCall(join, "ben");
        await anna.hears("p_ben");
        const error = await assertRejects(() => anna.session.answer(1, "v=0\r\n"), SfuError);
        assertEquals(error.code, "invalid");
        await ben!.hears("p_anna");
      }));

    it("knows no session by a ticket that is none", () =>
      withRoom(async (join) => {
        for (const ticket of ["", "nonsense", `{"session":1}`, "x".repeat(1_024)]) {
          const error = await assertRejects(() => join("anna", { ticket }), SfuError);
          assertEquals(error.code, "session_gone");
        }
      }));

    it("knows no session that was closed, and none of somebody else", () =>
      withRoom(async (join) => {
        const [anna, ben] = await inCall(join, "anna", "ben") as [SfuPerson, SfuPerson];
        const { ticket } = anna.session;
        assert(ticket.length <= 1_024);
        const other = await assertRejects(() => join("carl", { ticket }), SfuError);
        assertEquals(other.code, "session_gone");
        await ben.hears("p_anna");
        await anna.leave();
        const closed = await assertRejects(() => join("anna", { ticket }), SfuError);
        assertEquals(closed.code, "session_gone");
        const again = await assertRejects(() => anna.session.layers({}), SfuError);
        assertEquals(again.code, "session_gone");
      }));

    it("counts who is there", () =>
      withRoom(async (join) => {
        await becomes(() => sfu.load, 0);
        const [anna] = await inCall(join, "anna", "ben");
        await becomes(() => sfu.load, 2);
        await anna!.leave();
        await becomes(() => sfu.load, 1);
      }));

    it("is down and refuses everything once it is closed", async () => {
      const another = under.connect();
      await healthy(another);
      await another.close();
      assertEquals(another.health, "down");
      const seat = { room: "tenant/x#1", participant: "p_x", publish: true, subscribe: true };
      const events = { offer: () => {}, candidate: () => {}, ended: () => {} };
      const error = await assertRejects(() => another.open(seat, events), SfuError);
      assertEquals(error.code, "unavailable");
    });

    if (reach === "shared") {
      it("lets another node go on with a session, while media flows", () =>
        withRoom(async (join) => {
          const [anna, ben] = await inCall(join, "anna", "ben") as [SfuPerson, SfuPerson];
          await ben.hears("p_anna");
          await anna.hears("p_ben");
          const another = under.connect();
          await healthy(another);
          const { session: before } = ben;
          await before.layers({ p_anna: "low" });
          await becomes(() => ben.client.layer("p_anna"), "low");
          const hearing = Promise.all([ben.hears("p_anna"), anna.hears("p_ben")]);
          await ben.resume(another);
          before.release();
          await hearing;
          await ben.session.layers({ p_anna: "high" });
          await becomes(() => ben.client.layer("p_anna"), "high");
          await inCall(join, "carl");
          await ben.sees("p_anna", "p_carl");
          await ben.hears("p_carl");
          await ben.session.layers({ p_carl: "low" });
          await becomes(() => ben.client.layer("p_carl"), "low");
          await anna.leave();
          await ben.sees("p_carl");
          await ben.leave();
          await another.close();
        }));

      it("brings up to date who goes on with a session after others came and left", () =>
        withRoom(async (join) => {
          const [anna, ben, carl] = await inCall(join, "anna", "ben", "carl") as SfuPerson[];
          await ben!.hears("p_anna");
          await ben!.hears("p_carl");
          ben!.session.release();
          await anna!.leave();
          await inCall(join, "dora");
          await carl!.sees("p_ben", "p_dora");
          const another = under.connect();
          await healthy(another);
          await ben!.resume(another);
          await ben!.sees("p_carl", "p_dora");
          await ben!.hears("p_dora");
          await ben!.hears("p_carl", "camera");
          await ben!.leave();
          await another.close();
        }));
    }
  });
}
