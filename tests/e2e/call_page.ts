/**
 * A web developer's own page, on an origin of its own, that joins calls with the public SDK.
 *
 * @module
 */
import type { Browser, Page } from "playwright-core";
import type { Call, JoinOptions } from "../../client/mod.ts";
import { newPage, type TestPage, waitFor } from "../helpers/browser.ts";

declare global {
  /** In the page: the call, and what it reported. */
  var call: Call;
  var said: { from: string; data: unknown }[];
  var happened: string[];
  /** Every connection that was ever made. */
  var connections: RTCPeerConnection[];
}

/** The page, for a service at `url`. */
export function callPage(url: string): string {
  return `<!doctype html><meta charset="utf-8"><title>call</title><script type="module">
    // Looked at from outside, so that the SDK's own word plays no part.
    const Native = RTCPeerConnection;
    globalThis.connections = [];
    globalThis.RTCPeerConnection = class extends Native {
      constructor(...args) {
        super(...args);
        connections.push(this);
      }
    };
    const { joinCall } = await import("${url}/client.js");
    globalThis.joinCall = joinCall;
    globalThis.watch = (call) => {
      globalThis.call = call;
      globalThis.said = [];
      globalThis.happened = [];
      call.on("message", ({ from, data }) => said.push({ from: from.identity, data }));
      call.on("left", (p) => { happened.push("left " + p.identity); document.getElementById(p.id)?.remove(); });
      call.on("state", (state) => happened.push("state " + state));
      call.on("topology", ({ mode, reason }) => happened.push("topology " + mode + " " + reason));
      call.on("warning", (error) => happened.push("warning " + error.code));
      call.on("track", ({ participant, kind, track }) =>
        happened.push((track ? "track " : "end ") + kind + " " + participant.identity));
      call.on("participant", (p) => {
        const video = Object.assign(document.createElement("video"), { id: p.id, autoplay: true, playsInline: true, width: 160 });
        video.srcObject = p.stream;
        document.body.append(video);
        happened.push("participant " + p.identity);
      });
    };
  </script>`;
}

/** Serves the page for a service at `url`; `await using` stops it. */
export function serveCallPage(url: string): { url: string } & AsyncDisposable {
  const html = callPage(url);
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    () => new Response(html, { headers: { "content-type": "text/html" } }),
  );
  return {
    url: `http://127.0.0.1:${server.addr.port}/`,
    async [Symbol.asyncDispose]() {
      await server.shutdown();
    },
  };
}

/** Small pictures: what is tested is that they arrive, on two cores. */
const SMALL = { audio: true, video: { width: 320, height: 240, frameRate: 15 } };

/** Opens the page and joins. */
export async function joinFrom(
  browser: Browser,
  pageUrl: string,
  options: { url: string; token: string; media?: JoinOptions["media"] },
): Promise<TestPage> {
  const opened = await newPage(browser, pageUrl);
  await join(opened.page, options);
  return opened;
}

/** Joins from a page that is open. */
export async function join(
  page: Page,
  options: { url: string; token: string; media?: JoinOptions["media"] },
): Promise<void> {
  await waitFor(page, () => "joinCall" in globalThis);
  await page.evaluate(async (options) => {
    const { joinCall, watch } = globalThis as unknown as {
      joinCall(options: JoinOptions): Promise<Call>;
      watch(call: Call): void;
    };
    watch(await joinCall(options));
  }, { media: SMALL, ...options } as JoinOptions);
}

/** Resolves when this page decodes the video, and hears the voice, of everyone named. */
export async function perceives(page: Page, identities: string[]): Promise<void> {
  await waitFor(
    page,
    async (identities) => {
      const { participants } = await call.stats();
      return identities.every((identity) => {
        const person = [...call.participants.values()].find((p) => p.identity === identity);
        const { inbound = [] } = participants[person?.id ?? ""] ?? {};
        const camera = inbound.find(({ kind }) => kind === "camera");
        const microphone = inbound.find(({ kind }) => kind === "microphone");
        const video = document.getElementById(person?.id ?? "") as HTMLVideoElement | null;
        return (camera?.framesDecoded ?? 0) > 5 && (microphone?.audioLevel ?? 0) > 0 &&
          (video?.videoWidth ?? 0) > 0;
      });
    },
    30_000,
    identities,
  );
}

/**
 * Resolves when media comes to the page by this way, and nothing by the other any more. The connections of a mesh are
 * known by their data channel.
 */
export async function comesBy(page: Page, way: "mesh" | "sfu"): Promise<void> {
  await waitFor(
    page,
    async (way) => {
      const packets = { mesh: 0, sfu: 0 };
      const count = async (sign: 1 | -1) => {
        for (const pc of connections.filter(({ signalingState }) => signalingState !== "closed")) {
          for (const entry of (await pc.getStats()).values()) {
            if (entry.type !== "inbound-rtp") continue;
            packets[pc.sctp === null ? "sfu" : "mesh"] += sign * entry.packetsReceived;
          }
        }
      };
      await count(-1);
      // Not a wait for something: what flows is counted over this time.
      await new Promise((resolve) => setTimeout(resolve, 300));
      await count(1);
      const other = way === "mesh" ? "sfu" : "mesh";
      return packets[way] > 0 && packets[other] <= 0;
    },
    20_000,
    way,
  );
}

/** Resolves when the page's log of events holds this one. */
export async function sees(page: Page, event: string, timeout?: number): Promise<void> {
  await waitFor(page, (event) => globalThis.happened.includes(event), timeout, event);
}

/** Frames of someone's camera that the page has decoded so far. */
export async function framesOf(page: Page, identity: string): Promise<number> {
  return await page.evaluate(async (identity) => {
    const { participants } = await call.stats();
    const person = [...call.participants.values()].find((p) => p.identity === identity);
    const { inbound = [] } = participants[person?.id ?? ""] ?? {};
    return inbound.find(({ kind }) => kind === "camera")?.framesDecoded ?? 0;
  }, identity);
}

/** Resolves when the page has decoded more than `before` frames of someone's camera. */
export async function decodesMore(page: Page, identity: string, before: number): Promise<void> {
  await waitFor(
    page,
    async ({ identity, before }) => {
      const { participants } = await call.stats();
      const person = [...call.participants.values()].find((p) => p.identity === identity);
      const { inbound = [] } = participants[person?.id ?? ""] ?? {};
      return (inbound.find(({ kind }) => kind === "camera")?.framesDecoded ?? 0) > before;
    },
    5_000,
    { identity, before },
  );
}

/** Sends 0, 1, 2 ..., four at a time with a pause between, so that faults fall in between. Resolves when all have arrived. */
export async function sendNumbers(page: Page, count: number, pauseMs: number): Promise<void> {
  await page.evaluate(async ({ count, pauseMs }) => {
    const sent: Promise<void>[] = [];
    for (let n = 0; n < count; n++) {
      sent.push(globalThis.call.send(n));
      if (n % 4 === 3) await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
    await Promise.all(sent);
  }, { count, pauseMs });
}

/** Resolves when so many messages have come. */
export async function hasReceived(page: Page, count: number): Promise<void> {
  await waitFor(page, (count) => globalThis.said.length >= count, 60_000, count);
}
