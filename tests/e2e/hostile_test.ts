import { assert, assertEquals } from "@std/assert";
import { afterAll, afterEach, beforeAll, describe, it } from "@std/testing/bdd";
import { newPage, waitFor } from "../helpers/browser.ts";
import { SmallCalls } from "../helpers/small_calls.ts";
import { WsClient } from "../helpers/ws_client.ts";
import { perceives, sees } from "./call_page.ts";

describe("a call with someone who means no good", () => {
  let calls: SmallCalls;

  beforeAll(async () => void (calls = await SmallCalls.start()));
  afterEach(() => calls.clear());
  afterAll(() => calls[Symbol.asyncDispose]());

  /** Joins without the SDK; what is sent to `ada` is numbered as a link numbers it. */
  async function intrude(ada: () => string): Promise<(...items: unknown[]) => void> {
    const token = await calls.api.makeToken(calls.room, "eve");
    const eve = await WsClient.join(calls.service.wsUrl, token);
    calls.keep(eve);
    let seq = 1;
    return (...items) => {
      eve.send({ type: "signal", to: ada(), data: { seq, base: 1, items } });
      seq += items.length;
    };
  }

  const ODD: unknown[] = [{ valueOf: 1, toString: 1 }, null, "1", -1, 1e300, [], {}];
  const SIGNALS = [
    ...ODD,
    ...ODD.map((after) => ({ peer: "again", after })),
    ...[1, 2, 3, 1e15, ...ODD].flatMap((peer) => [
      { peer, type: "offer", sdp: "garbage" },
      { peer, type: "garbage", sdp: "garbage" },
      { peer, type: "answer", sdp: { a: 1 } },
      { peer, type: "candidate", candidate: "garbage" },
      { peer, type: "candidate", candidate: {} },
      { peer, type: "candidate", candidate: { candidate: 5, sdpMid: {}, sdpMLineIndex: -1 } },
      { peer, renegotiate: true },
      { peer, transceiverRequest: { kind: "garbage", init: 5 } },
      { peer },
    ]),
  ];

  for (const place of ["offers to the page", "is offered to by the page"]) {
    it(`no signal of one who ${place} harms it`, async () => {
      await calls.makeRoom();
      let id = "";
      // Whoever comes later makes the offer.
      const early = place.startsWith("is") ? await intrude(() => id) : undefined;
      const ada = await calls.enter("ada");
      id = await ada.page.evaluate(() => globalThis.call.self.id);
      const say = early ?? await intrude(() => id);
      await sees(ada.page, "participant eve");
      for (const signal of SIGNALS) say(signal);
      const flood = Array.from({ length: 300 }, (_, n) => ({
        peer: 2e15 + n,
        type: "offer",
        sdp: "garbage",
      }));
      for (let round = 0; round < 5; round++) {
        say(...flood.map((offer) => ({ ...offer, peer: offer.peer + round * flood.length })));
      }
      // Only while a browser has connections left to give can someone new be seen.
      const bob = await calls.enter("bob");
      await perceives(ada.page, ["bob"]);
      await perceives(bob.page, ["ada"]);
      assertEquals(ada.errors, []);
      assertEquals(await ada.page.evaluate(() => globalThis.call.state), "connected");
    });
  }

  it("a hundred data channels leave no timer behind", async () => {
    await calls.makeRoom();
    const { page, errors } = await calls.enter("ada");
    await page.evaluate(async () => {
      // The call's own timers run from now on.
      await globalThis.call.stats();
      const { setInterval, clearInterval } = globalThis;
      const running = new Set<unknown>();
      Object.assign(globalThis, {
        running,
        setInterval: (...args: Parameters<typeof setInterval>) => {
          const id = setInterval(...args);
          running.add(id);
          return id;
        },
        clearInterval: (id: Parameters<typeof clearInterval>[0]) => {
          running.delete(id);
          clearInterval(id);
        },
      });
    });
    const eve = await newPage(calls.browser, calls.site.url);
    calls.keep(eve);
    const token = await calls.api.makeToken(calls.room, "eve");
    await eve.page.evaluate(offerManyChannels, { url: calls.service.wsUrl, token, channels: 100 });
    await waitFor(
      page,
      () => [...globalThis.call.participants.values()][0]?.connection === "connected",
    );
    await waitFor(eve.page, () => (globalThis as unknown as { opened: number }).opened === 100);
    await eve.close();
    await sees(page, "left eve", 10_000);
    await waitFor(
      page,
      () => (globalThis as unknown as { running: Set<unknown> }).running.size === 0,
    );
    assertEquals(errors, []);
  });

  it("an application in a hurry stays under the node's limit of frames", async () => {
    await calls.makeRoom();
    const [ada, bob] = [await calls.enter("ada"), await calls.enter("bob")];
    await ada.page.evaluate(async () => {
      for (let n = 0; n < 1_000; n++) await globalThis.call.setAttributes({ n });
    });
    await waitFor(
      bob.page,
      () =>
        [...globalThis.call.participants.values()].some(({ attributes }) => attributes.n === 999),
    );
    assert(!(await ada.page.evaluate(() => globalThis.happened)).includes("state reconnecting"));
  });

  it("nothing more is heard of a call that a listener has left", async () => {
    await calls.makeRoom();
    const [ada, bob] = [await calls.enter("ada"), await calls.enter("bob")];
    await waitFor(ada.page, () => globalThis.call.participants.size === 1);
    await bob.page.evaluate(() => {
      globalThis.call.on("message", () => globalThis.call.leave());
    });
    // All in one frame.
    await ada.page.evaluate(() => {
      for (let n = 0; n < 10; n++) globalThis.call.send(n);
    });
    await sees(ada.page, "left bob");
    assertEquals(await bob.page.evaluate(() => globalThis.said.map(({ data }) => data)), [0]);
  });

  it("a join that is given up leaves nobody behind", async () => {
    await calls.makeRoom();
    const { page } = await calls.enter("ada");
    const token = await calls.api.makeToken(calls.room, "bob");
    await page.evaluate(async ({ url, token }) => {
      // The moment in which the join is on its way and its answer is not there yet.
      const { joinCall } = globalThis as unknown as {
        joinCall(options: object): Promise<unknown>;
      };
      const leave = new AbortController();
      const { send } = WebSocket.prototype;
      WebSocket.prototype.send = function (data) {
        send.call(this, data);
        WebSocket.prototype.send = send;
        leave.abort();
      };
      await joinCall({ url, token, signal: leave.signal }).catch(() => {});
    }, { url: calls.service.url, token });
    await sees(page, "left bob", 2_000);
    assertEquals(await calls.api.whoIsIn(calls.room), ["ada"]);
  });
});

/** In a page without the SDK: joins, and offers a connection with more data channels than anyone needs. */
async function offerManyChannels(
  { url, token, channels }: { url: string; token: string; channels: number },
): Promise<void> {
  const socket = new WebSocket(url);
  const pc = new RTCPeerConnection();
  Object.assign(globalThis, { pc, opened: 0 });
  for (let n = 0; n < channels; n++) {
    pc.createDataChannel(String(n)).onopen = () => {
      (globalThis as unknown as { opened: number }).opened++;
    };
  }
  for (const kind of ["audio", "video", "video", "audio"]) pc.addTransceiver(kind);
  const welcome = Promise.withResolvers<{ participants: { id: string }[] }>();
  socket.onopen = () => socket.send(JSON.stringify({ type: "join", token }));
  socket.onmessage = async (event) => {
    const frame = JSON.parse(event.data);
    if (frame.type === "welcome") welcome.resolve(frame);
    for (const { sdp, candidate } of frame.data?.items ?? []) {
      if (sdp) await pc.setRemoteDescription({ type: "answer", sdp });
      if (candidate) await pc.addIceCandidate(candidate);
    }
  };
  const { participants: [ada] } = await welcome.promise;
  let seq = 1;
  const say = (item: object) => {
    const data = { seq: seq++, base: 1, items: [{ peer: 1, ...item }] };
    socket.send(JSON.stringify({ type: "signal", to: ada!.id, data }));
  };
  pc.onicecandidate = ({ candidate }) => candidate && say({ type: "candidate", candidate });
  await pc.setLocalDescription();
  say({ type: "offer", sdp: pc.localDescription!.sdp });
}
