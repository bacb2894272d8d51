/**
 * A page with a call whose doings are written down, for what happens round a fault.
 *
 * @module
 */
import type { Browser, Page } from "playwright-core";
import type { Call, JoinOptions } from "../../../client/mod.ts";
import { newPage, waitFor } from "../../helpers/browser.ts";
import { type PageServer, servePage } from "../servers/page_server.ts";

/** In the page. Times in ms since 1970. */
interface Bench {
  call: Call;
  join(options: JoinOptions): Promise<void>;
  /** Every change of `call.state`. */
  states: { state: string; at: number }[];
  left: { id: string; identity: string; at: number }[];
  /** When frames of each participant's picture were shown, by identity. */
  frames: Record<string, number[]>;
  /** Which tracks each participant's stream held from when on. */
  tracks: { identity: string; kind: string; id: string; at: number }[];
  topologies: { mode: string; epoch: number; reason: string; at: number }[];
  /** Numbers that came by `send`, by the sender's identity. */
  heard: Record<string, number[]>;
  /** How many connections for media were ever made. */
  connections: number;
  /** Those that stand. */
  standing(): RTCPeerConnection[];
  /** Sends 0, 1, 2, ... to everyone, one each `everyMs`; the answer ends it and says how many. */
  speak(everyMs: number): () => Promise<number>;
  hush: () => Promise<number>;
  /** Sends nothing but silence for so long; how long it was, in ms. */
  mute(ms: number): Promise<number>;
  /** Sends no frames for so long; how long it was, in ms. */
  freeze(ms: number): Promise<number>;
  /** Of each voice heard, by its track. */
  voices(): Promise<({ track: string } & VoiceSamples)[]>;
}

/** Of a voice: samples that were made up because none came, silent ones too, and all. */
export interface VoiceSamples {
  readonly concealed: number;
  readonly all: number;
}

declare global {
  var bench: Bench;
}

/** The page, for an SDK from the service at `service`. */
export const benchPage = (service: string) =>
  `<!doctype html>
<meta charset="utf-8">
<title>call</title>
<link rel="icon" href="data:,">
<script type="module">
  // The connections are looked at from outside, so that the SDK's own figures play no part.
  const connections = [];
  const Native = RTCPeerConnection;
  globalThis.RTCPeerConnection = class extends Native {
    constructor(...args) {
      super(...args);
      connections.push(this);
    }
  };
  const { joinCall } = await import("${service}/client.js");
  const wall = (at) => performance.timeOrigin + at;
  const later = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

  const bench = {
    states: [],
    left: [],
    frames: {},
    tracks: [],
    topologies: [],
    heard: {},
    get connections() {
      // Not those of nothing but a data channel, which wait for the day on which no service is there.
      return connections.filter((one) => one.getTransceivers().length > 0).length;
    },
    standing: () => connections.filter(({ connectionState }) => connectionState === "connected"),
    async join(options) {
      const call = bench.call = await joinCall(options);
      call.on("state", (state) => bench.states.push({ state, at: Date.now() }));
      call.on("left", ({ id, identity }) => bench.left.push({ id, identity, at: Date.now() }));
      call.on("topology", ({ mode, epoch, reason }) =>
        bench.topologies.push({ mode, epoch, reason, at: Date.now() }));
      call.on("message", ({ from, data }) => (bench.heard[from.identity] ??= []).push(data));
      call.on("participant", ({ identity, stream }) => {
        const video = document.createElement("video");
        video.autoplay = video.playsInline = true;
        video.width = 160;
        const times = bench.frames[identity] = [];
        const shown = {};
        const note = (_, { presentationTime }) => {
          times.push(wall(presentationTime));
          for (const track of stream.getTracks()) {
            const { kind, id } = track;
            if (shown[kind] !== track) bench.tracks.push({ identity, kind, id, at: Date.now() });
            shown[kind] = track;
          }
          video.requestVideoFrameCallback(note);
        };
        video.requestVideoFrameCallback(note);
        video.srcObject = stream;
        document.body.append(video);
      });
    },
    speak(everyMs) {
      const sent = [];
      const timer = setInterval(() => sent.push(bench.call.send(sent.length)), everyMs);
      return async () => {
        clearInterval(timer);
        await Promise.all(sent);
        return sent.length;
      };
    },
    async mute(ms) {
      const [voice] = bench.call.self.stream.getAudioTracks();
      const from = performance.now();
      voice.enabled = false;
      await later(ms);
      voice.enabled = true;
      return performance.now() - from;
    },
    async freeze(ms) {
      const senders = connections.flatMap((connection) => connection.getSenders())
        .filter(({ track }) => track?.kind === "video");
      const tracks = senders.map(({ track }) => track);
      // The SDK, to which a picture is missing, would put it back.
      const asIfSent = (track) => ({ value: track, configurable: true });
      senders.forEach((sender, i) => Object.defineProperty(sender, "track", asIfSent(tracks[i])));
      await Promise.all(senders.map((sender) => sender.replaceTrack(null)));
      const from = performance.now();
      await later(ms);
      const stood = performance.now() - from;
      await Promise.all(senders.map((sender, i) => sender.replaceTrack(tracks[i])));
      for (const sender of senders) delete sender.track;
      return stood;
    },
    async voices() {
      const heard = [];
      for (const connection of connections) {
        for (const report of (await connection.getStats()).values()) {
          if (report.type !== "inbound-rtp" || report.kind !== "audio") continue;
          const { trackIdentifier: track, concealedSamples, totalSamplesReceived } = report;
          heard.push({ track, concealed: concealedSamples, all: totalSamplesReceived });
        }
      }
      return heard;
    },
  };
  globalThis.bench = bench;
</script>`;

/** Serves the page for an SDK from the service at `url`. */
export function serveBenchPage(url: string): PageServer {
  return servePage(benchPage(url));
}

/** One page, and who is in it. */
export class BenchPage {
  constructor(readonly identity: string, readonly page: Page, readonly errors: readonly string[]) {}

  async join(options: JoinOptions): Promise<void> {
    await this.page.evaluate((options) => bench.join(options), options);
  }

  /** Leaves the call that it is in; nothing of it is shown any more. */
  async leave(): Promise<void> {
    await this.page.evaluate(async () => {
      await bench.call.leave();
      for (const video of document.querySelectorAll("video")) video.remove();
    });
  }

  /** Resolves when it shows the pictures of so many others, and not only their first frames. */
  async decodes(others: number): Promise<void> {
    await waitFor(
      this.page,
      (others) => {
        const now = performance.timeOrigin + performance.now();
        const moving = [...bench.call.participants.values()].filter(({ identity }) => {
          const times = bench.frames[identity] ?? [];
          return times.length > 20 && now - times.at(-1)! < 500;
        });
        return moving.length === others;
      },
      30_000,
      others,
    );
  }
}

/** Opens the page in a context of its own; it closes with its browser. */
export async function openBenchPage(
  browser: Browser,
  site: Pick<PageServer, "url">,
  identity: string,
): Promise<BenchPage> {
  const { page, errors } = await newPage(browser, site.url);
  await waitFor(page, () => "bench" in globalThis);
  return new BenchPage(identity, page, errors);
}
