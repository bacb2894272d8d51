/**
 * The page of T7: a call in a page of one's own, on another origin than the service's.
 *
 * @module
 */

/** What the page measured of itself, in ms from its call of `joinCall`. */
export interface FirstFrame {
  /** `joinCall` resolved. */
  readonly joined: number;
  /** `framesDecoded` of a remote picture was seen to be over 0. */
  readonly decoded: number;
  /** A frame of it was presented (requestVideoFrameCallback). */
  readonly presented: number;
}

export const FIRST_FRAME_PAGE = `<!doctype html>
<meta charset="utf-8">
<title>first frame</title>
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
  const { joinCall } = await import(new URLSearchParams(location.search).get("service") + "/client.js");
  const url = new URLSearchParams(location.search).get("service");

  let call;
  let started;
  const since = () => performance.now() - started;
  const later = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

  async function decoded() {
    for (;;) {
      for (const connection of connections) {
        for (const report of (await connection.getStats()).values()) {
          if (report.type === "inbound-rtp" && report.kind === "video" && report.framesDecoded > 0) return since();
        }
      }
      await later(5);
    }
  }

  globalThis.join = async (token) => {
    started = performance.now();
    call = await joinCall({ url, token, media: { audio: true, video: true } });
    const joined = since();
    const { promise: presented, resolve } = Promise.withResolvers();
    call.on("participant", (participant) => {
      const video = document.createElement("video");
      video.autoplay = video.playsInline = video.muted = true;
      video.requestVideoFrameCallback(() => resolve(since()));
      video.srcObject = participant.stream;
      document.body.append(video);
    });
    // Told apart from the rest, so that the first one in the room can be asked to be there and no more.
    globalThis.firstFrame = Promise.all([decoded(), presented])
      .then(([decoded, presented]) => ({ joined, decoded, presented }));
  };
  globalThis.leave = () => call.leave();
  globalThis.ready = true;
</script>`;
