/**
 * `joinCall`: devices and node are asked at the same time; the call stands when both have answered.
 *
 * @module
 */
import type { Call, CallError, JoinOptions } from "./api.ts";
import { MeshliftCall } from "./call.ts";
import { Conference } from "./conference.ts";
import { callError } from "./errors.ts";
import { type Constraints, LocalMedia } from "./media.ts";
import { type Attributes, mergeAttributes } from "./own.ts";
import { Signaling } from "./signaling.ts";

/**
 * Joins the room that the token is for. Resolves when you are in it, with your devices on; media from the others
 * follows by itself.
 *
 * @throws {CallError} `invalid_argument`, `unsupported_browser`; of the devices: `permission_denied`,
 * `device_not_found`, `device_in_use`, `insecure_context`; of the node: `token_invalid`, `token_expired`,
 * `room_not_found`, `room_full` (with `retryAfterMs`), `room_ended`, `removed`, `not_permitted`,
 * `unreachable` (after 10 s); `aborted`.
 */
export async function joinCall(options: JoinOptions): Promise<Call> {
  const { signal } = options;
  const attributes = check(options);
  const media = new LocalMedia();
  const { promise: joined, resolve, reject } = Promise.withResolvers<Conference>();
  let conference: Conference | undefined;
  let certificates: RTCCertificate[] = [];
  const signaling = new Signaling({
    url: options.url,
    token: () => typeof options.token === "string" ? options.token : options.token(),
    present: () => ({
      attributes: conference?.self.attributes ?? attributes,
      ...(conference !== undefined || options.media instanceof MediaStream
        ? { media: media.state }
        : {}),
    }),
    events: {
      welcome: (frame) => {
        if (conference !== undefined) return conference.handleWelcome(frame);
        conference = new Conference({ signaling, media, certificates }, frame);
        resolve(conference);
      },
      frame: (frame) => conference?.handleFrame(frame),
      away: () => conference?.handleAway(),
      ready: () => conference?.handleReady(),
      closed: (error) => {
        conference?.close(error);
        failed.reject(error);
      },
    },
  });
  const failed = Promise.withResolvers<never>();
  const abort = () => failed.reject(abortedBy(signal));
  signal?.addEventListener("abort", abort);
  try {
    const opened = openMedia(media, options.media);
    opened.catch(() => {});
    certificates = await makeCertificates();
    signaling.start();
    const permitted = joined.then(({ self }) =>
      mayPublish(self.permissions.publish, options.media)
    );
    const [made] = await Promise.race([Promise.all([joined, opened, permitted]), failed.promise]);
    made.messages.release();
    return new MeshliftCall(made);
  } catch (error) {
    conference?.close(undefined);
    signaling.close();
    media.close();
    throw error;
  } finally {
    signal?.removeEventListener("abort", abort);
    // Whoever still waits for a welcome does not any more.
    reject(undefined);
    joined.catch(() => {});
    failed.promise.catch(() => {});
  }
}

/** Throws what cannot work; returns the attributes to join with. */
function check({ token, attributes, signal, media }: JoinOptions): Attributes {
  if (typeof RTCPeerConnection === "undefined" || typeof WebSocket === "undefined") {
    throw callError("unsupported_browser", "Cannot join: this browser has no WebRTC");
  }
  if ((typeof token !== "string" || token === "") && typeof token !== "function") {
    throw callError(
      "invalid_argument",
      `Cannot join with ${
        token === "" ? "an empty token" : `a token of type ${typeof token}`
      }: expected one as a string, or a function that gives one`,
    );
  }
  if (media !== undefined && typeof media !== "boolean" && !isObject(media)) {
    throw callError(
      "invalid_argument",
      `Cannot join with media "${media}": expected true, false, { audio, video } or a MediaStream`,
    );
  }
  if (signal?.aborted) throw abortedBy(signal);
  return mergeAttributes({}, attributes ?? {});
}

const isObject = (value: unknown) => typeof value === "object" && value !== null;

/** One for the whole call; a browser that cannot makes one for each connection. */
async function makeCertificates(): Promise<RTCCertificate[]> {
  const algorithm = { name: "ECDSA", namedCurve: "P-256" };
  return await RTCPeerConnection.generateCertificate(algorithm).then((made) => [made], () => []);
}

async function openMedia(local: LocalMedia, media: JoinOptions["media"]): Promise<void> {
  if (media instanceof MediaStream) return local.adopt(media);
  await local.open(constraintsOf(media));
}

function constraintsOf(media: Exclude<JoinOptions["media"], MediaStream>): Constraints {
  return typeof media === "object" ? media : { audio: media, video: media };
}

function mayPublish(publish: boolean, media: JoinOptions["media"]): void {
  const wanted = media instanceof MediaStream
    ? media.getTracks().length > 0
    : Object.values(constraintsOf(media)).some(Boolean);
  if (publish || !wanted) return;
  throw callError("not_permitted", "Cannot join with media: the token has publish=false");
}

function abortedBy(signal: AbortSignal | undefined): CallError {
  return callError("aborted", "Cannot join: the AbortSignal was aborted", {
    cause: signal?.reason,
  });
}
