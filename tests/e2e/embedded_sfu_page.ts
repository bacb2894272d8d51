/**
 * A page that talks to an SFU as a participant does, with nothing but the browser's own RTCPeerConnection.
 *
 * @module
 */
import type { Browser, Page } from "playwright-core";
import type { Layer, SfuSlot } from "../../lib/protocol.ts";
import type { Sfu, SfuSession } from "../../lib/sfu/mod.ts";
import { newPage, type TestPage } from "../helpers/browser.ts";

/** What the page has of one slot of another participant. */
export interface Seen {
  frames: number;
  width: number;
  height: number;
  packets: number;
  lost: number;
  nacks: number;
  repeated: number;
}

interface PageSfu {
  publish(options: { width: number; height: number; simulcast: boolean }): Promise<string>;
  published(sdp: string): Promise<void>;
  offered(offer: { sdp: string; slots: SfuSlot[] }): Promise<string>;
  seen(participant: string, kind: string): Promise<Seen | undefined>;
  /** How long after the last offer the first picture of `participant` was decoded, in ms. */
  firstFrame(participant: string): Promise<number>;
  sentBitrate(): Promise<number>;
  sentLayers(): Promise<Record<string, { frames: number; width: number; repeated: number }>>;
  /** The next offer is for another connection. */
  renew(): void;
}

declare global {
  var sfu: PageSfu;
}

const SCRIPT = `
  let offeredAt = 0, sending, stream, trackOf = new Map();
  let receiving = new RTCPeerConnection();
  const rids = [["h", 1, 1_200_000], ["m", 2, 400_000], ["l", 4, 120_000]];
  globalThis.sfu = {
    async publish({ width, height, simulcast }) {
      stream ??= await navigator.mediaDevices.getUserMedia({ audio: true, video: { width, height, frameRate: 15 } });
      sending?.close();
      sending = new RTCPeerConnection();
      const [audio] = stream.getAudioTracks(), [video] = stream.getVideoTracks();
      sending.addTransceiver(audio, { direction: "sendonly" });
      sending.addTransceiver(video, {
        direction: "sendonly",
        sendEncodings: simulcast
          ? rids.map(([rid, scaleResolutionDownBy, maxBitrate]) => ({ rid, scaleResolutionDownBy, maxBitrate }))
          : [{}],
      });
      sending.addTransceiver("video", { direction: "sendonly" });
      sending.addTransceiver("audio", { direction: "sendonly" });
      await sending.setLocalDescription();
      return sending.localDescription.sdp;
    },
    published: (sdp) => sending.setRemoteDescription({ type: "answer", sdp }),
    async offered({ sdp, slots }) {
      offeredAt = performance.now();
      await receiving.setRemoteDescription({ type: "offer", sdp });
      await receiving.setLocalDescription();
      trackOf = new Map(slots.map(({ mid, participant, kind }) => [participant + " " + kind, mid]));
      return receiving.localDescription.sdp;
    },
    async seen(participant, kind) {
      const mid = trackOf.get(participant + " " + kind);
      const transceiver = receiving.getTransceivers().find((t) => t.mid === mid);
      if (transceiver === undefined) return undefined;
      for (const s of (await transceiver.receiver.getStats()).values()) {
        if (s.type !== "inbound-rtp") continue;
        return {
          frames: s.framesDecoded ?? 0, width: s.frameWidth ?? 0, height: s.frameHeight ?? 0,
          packets: s.packetsReceived, lost: s.packetsLost,
          nacks: s.nackCount ?? 0, repeated: s.retransmittedPacketsReceived ?? 0,
        };
      }
    },
    async sentBitrate() {
      for (const s of (await sending.getStats()).values()) {
        if (s.type === "candidate-pair" && s.availableOutgoingBitrate) return s.availableOutgoingBitrate;
      }
      return 0;
    },
    async sentLayers() {
      const layers = {};
      for (const s of (await sending.getStats()).values()) {
        if (s.type === "outbound-rtp" && s.kind === "video" && s.framesEncoded) {
          layers[s.rid ?? ""] = {
            frames: s.framesEncoded, width: s.frameWidth, repeated: s.retransmittedPacketsSent,
          };
        }
      }
      return layers;
    },
    async firstFrame(participant) {
      while (true) {
        if ((await sfu.seen(participant, "camera"))?.frames > 0) return performance.now() - offeredAt;
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    },
    states: () => [sending?.connectionState, receiving.connectionState],
    renew() { receiving.close(); receiving = new RTCPeerConnection(); },
  };
`;

/** Serves the page; `await using` stops it. */
export function serveSfuPage(): { url: string } & AsyncDisposable {
  const html = `<!doctype html><meta charset="utf-8"><title>sfu</title><script>${SCRIPT}</script>`;
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    () => new Response(html, { headers: { "content-type": "text/html" } }),
  );
  return {
    url: `http://127.0.0.1:${server.addr.port}/`,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

/** A participant in a browser. */
export class Guest implements AsyncDisposable {
  /** Of the last offer that was answered. */
  participants: string[] = [];
  sections = 0;
  readonly ended: string[] = [];

  private constructor(
    readonly id: string,
    readonly opened: TestPage,
    readonly session: SfuSession,
  ) {}

  get page(): Page {
    return this.opened.page;
  }

  /** Opens the page and the session. */
  static async enter(
    browser: Browser,
    url: string,
    { sfu, room, id }: { sfu: Sfu; room: string; id: string },
  ): Promise<Guest> {
    const opened = await newPage(browser, url);
    const early: { number: number; sdp: string; slots: SfuSlot[] }[] = [];
    const events = {
      offer: (offer: typeof early[number]) => void early.push(offer),
      candidate: () => {},
      ended: (reason: string) => void guest.ended.push(reason),
    };
    const session = await sfu.open(
      { room, participant: id, publish: true, subscribe: true },
      events,
    );
    const guest = new Guest(id, opened, session);
    const take = async (offer: typeof early[number]) => {
      const sdp = await opened.page.evaluate((offer) => globalThis.sfu.offered(offer), offer);
      await session.answer(offer.number, sdp);
      guest.participants = [...new Set(offer.slots.map(({ participant }) => participant))];
      guest.sections = offer.sdp.split("\nm=").length - 1;
    };
    events.offer = (offer) => {
      take(offer).catch((error) => {
        // A page that is closed meanwhile answers nothing.
        if (!opened.page.isClosed()) guest.ended.push(`an offer was not taken: ${error}`);
      });
    };
    for (const offer of early) events.offer(offer);
    return guest;
  }

  async publish(
    { width = 640, height = 360, simulcast = true }: {
      width?: number;
      height?: number;
      simulcast?: boolean;
    } = {},
  ): Promise<void> {
    const options = { width, height, simulcast };
    const sdp = await this.page.evaluate((options) => globalThis.sfu.publish(options), options);
    const answer = await this.session.publish(sdp);
    await this.page.evaluate((answer) => globalThis.sfu.published(answer), answer);
  }

  layers(wanted: Record<string, Layer>): Promise<void> {
    return this.session.layers(wanted);
  }

  async resubscribe(): Promise<void> {
    await this.page.evaluate(() => globalThis.sfu.renew());
    await this.session.resubscribe();
  }

  seen(participant: string, kind = "camera"): Promise<Seen | undefined> {
    return this.page.evaluate(
      ([participant, kind]) => globalThis.sfu.seen(participant!, kind!),
      [participant, kind],
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.session.close();
    await this.opened.close();
  }
}
