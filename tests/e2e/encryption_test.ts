/** What keeps a call between those who are in it. */
import { assertEquals, assertMatch } from "@std/assert";
import { afterAll, afterEach, beforeAll, describe, it } from "@std/testing/bdd";
import { newPage, type TestPage, waitFor } from "../helpers/browser.ts";
import { SmallCalls } from "../helpers/small_calls.ts";
import { perceives } from "./call_page.ts";

describe("the encryption of a call", () => {
  let calls: SmallCalls;

  beforeAll(async () => void (calls = await SmallCalls.start()));
  afterEach(() => calls.clear());
  afterAll(() => calls[Symbol.asyncDispose]());

  it("is demanded of every offer, and who makes a good one then is connected", async () => {
    await calls.makeRoom();
    const ada = await calls.enter("ada");
    await calls.enter("bob");
    await perceives(ada.page, ["bob"]);
    const eve = await newPage(calls.browser, calls.site.url);
    calls.keep(eve);
    const token = await calls.api.makeToken(calls.room, "eve");
    const { page } = ada;
    const warnings = () => globalThis.happened.filter((what) => what.startsWith("warning")).length;
    await eve.page.evaluate(beHostile, { url: calls.service.wsUrl, token, to: await idOf(ada) });
    for (const [at, weakness] of WEAKNESSES.entries()) {
      await eve.page.evaluate((weakness) => globalThis.offer(weakness), weakness);
      await waitFor(
        page,
        (count) => {
          const warned = globalThis.happened.filter((what) => what.startsWith("warning"));
          return warned.length === count;
        },
        5_000,
        at + 1,
      );
    }
    assertEquals(
      await page.evaluate(() => globalThis.happened.filter((what) => what.startsWith("warning"))),
      WEAKNESSES.map(() => "warning insecure_description"),
    );
    assertEquals(await page.evaluate(countMedia), 1, "that to Bob");
    await eve.page.evaluate(() => globalThis.offer("none"));
    await waitFor(page, () =>
      [...globalThis.call.participants.values()]
        .every(({ connection }) => connection === "connected"));
    assertEquals(await page.evaluate(warnings), WEAKNESSES.length);
    assertEquals(ada.errors, []);
  });

  it("has a short code, the same for both, also on a connection that was made anew", async () => {
    await calls.makeRoom();
    const [ada, bob] = [await calls.enter("ada"), await calls.enter("bob")];
    await perceives(ada.page, ["bob"]);
    const codes = await Promise.all([ada, bob].map(({ page }) => waitFor(page, askCode)));
    assertMatch(codes[0]!, /^[a-z]+( [a-z]+){3}$/);
    assertEquals(codes[1], codes[0]);
    await ada.page.evaluate(() => {
      globalThis.connections.find((pc) => pc.getTransceivers().length > 0)!.close();
    });
    while (await ada.page.evaluate(countMedia) < 2) await ada.page.waitForTimeout(50);
    for (const { page } of [ada, bob]) assertEquals(await waitFor(page, askCode), codes[0]);
    assertEquals([...ada.errors, ...bob.errors], []);
  });

  it("has no short code by an SFU, and for nobody who is not there", async () => {
    await calls.makeRoom({ topology: { mode: "sfu" } });
    const [ada] = [await calls.enter("ada"), await calls.enter("bob")];
    await perceives(ada.page, ["bob"]);
    assertEquals(await ada.page.evaluate(askCode), undefined);
    const code = await ada.page.evaluate(() =>
      globalThis.call.shortCode("nobody").catch((error) => error.code)
    );
    assertEquals(code, "participant_not_found");
  });

  it("is verified of each connection once it stands", async () => {
    await calls.makeRoom();
    const pages = [await calls.enter("ada"), await calls.enter("bob")];
    for (const { page } of pages) {
      const cipher = await waitFor(page, async () => {
        const { participants } = await globalThis.call.stats();
        return Object.values(participants)[0]?.encryption;
      });
      assertMatch(cipher!, /^(SRTP|AEAD)_AE/);
    }
  });
});

/** How many connections for media a page has ever made; lifelines carry none. */
const countMedia = () =>
  globalThis.connections.filter((pc) => pc.localDescription?.sdp.includes("m=audio")).length;

/** In a page with one other participant. */
const askCode = () => globalThis.call.shortCode([...globalThis.call.participants.keys()][0]!);

const idOf = ({ page }: TestPage) => page.evaluate(() => globalThis.call.self.id);

type Weakness =
  | "no fingerprint"
  | "weak fingerprint"
  | "SDES"
  | "SDES alone"
  | "plain RTP"
  | "none";

const WEAKNESSES: Weakness[] = [
  "no fingerprint",
  "weak fingerprint",
  "SDES",
  "SDES alone",
  "plain RTP",
];

declare global {
  /** In the page of one without the SDK: offers a connection that is not what it should be. */
  var offer: (weakness: Weakness) => Promise<void>;
}

/** In a page without the SDK: joins, and gets ready to make offers. */
async function beHostile(
  { url, token, to }: { url: string; token: string; to: string },
): Promise<void> {
  const socket = new WebSocket(url);
  const welcome = Promise.withResolvers<void>();
  let pc: RTCPeerConnection;
  let peer = 0;
  let seq = 1;
  const say = (item: object) => {
    const data = { seq: seq++, base: 1, items: [{ peer, ...item }] };
    socket.send(JSON.stringify({ type: "signal", to, data }));
  };
  socket.onopen = () => socket.send(JSON.stringify({ type: "join", token }));
  socket.onmessage = async (event) => {
    const frame = JSON.parse(event.data);
    if (frame.type === "welcome") welcome.resolve();
    for (const item of frame.from === to ? frame.data.items ?? [] : []) {
      if (item.peer !== peer) continue;
      if (item.sdp) await pc.setRemoteDescription({ type: "answer", sdp: item.sdp });
      if (item.candidate) await pc.addIceCandidate(item.candidate);
    }
  };
  const key =
    "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz\r\n";
  const without = (sdp: string) => sdp.replace(/a=(fingerprint|setup):.*\r\n/g, "");
  const keyed = (sdp: string) => sdp.replace(/(a=mid:.*\r\n)/g, `$1${key}`);
  const changes: Record<Weakness, (sdp: string) => string> = {
    "no fingerprint": without,
    "weak fingerprint": (sdp) =>
      sdp.replace(/a=fingerprint:.*/g, `a=fingerprint:sha-1 ${"AA:".repeat(19)}AA`),
    "SDES": keyed,
    "SDES alone": (sdp) => keyed(without(sdp)).replaceAll("UDP/TLS/RTP/SAVPF", "RTP/SAVPF"),
    "plain RTP": (sdp) => without(sdp).replaceAll("UDP/TLS/RTP/SAVPF", "RTP/AVP"),
    "none": (sdp) => sdp,
  };
  globalThis.offer = async (weakness) => {
    pc?.close();
    pc = new RTCPeerConnection({ bundlePolicy: "max-bundle" });
    peer++;
    pc.createDataChannel("");
    for (const kind of ["audio", "video", "video", "audio"]) pc.addTransceiver(kind);
    pc.onicecandidate = ({ candidate }) => candidate && say({ type: "candidate", candidate });
    await pc.setLocalDescription();
    say({ type: "offer", sdp: changes[weakness](pc.localDescription!.sdp) });
  };
  await welcome.promise;
}
