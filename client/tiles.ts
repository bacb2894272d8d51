/**
 * How large the participants are seen on the page.
 *
 * @module
 */

/** Those of `videos` that show `stream`. */
export function showing(
  videos: readonly HTMLVideoElement[],
  stream: MediaStream,
): HTMLVideoElement[] {
  const tracks = stream.getVideoTracks();
  return videos.filter(({ srcObject }) =>
    srcObject instanceof MediaStream &&
    srcObject.getVideoTracks().some((track) => tracks.includes(track))
  );
}

/** The width of the widest video element that shows `stream`, in device pixels; 0: none does. */
export function seenWidth(videos: readonly HTMLVideoElement[], stream: MediaStream): number {
  return Math.max(0, ...showing(videos, stream).map(widthOf)) * devicePixelRatio;
}

/** An element without a size of its own takes that of its picture: what was sent smaller would have to stay so. */
function widthOf(video: HTMLVideoElement): number {
  const style = video.computedStyleMap?.();
  const isAuto = (name: string) => `${style?.get(name)}` === "auto";
  return isAuto("width") && isAuto("height") ? innerWidth : video.clientWidth;
}

/** Every video element of the page that is in its layout; in a page that is not in front, none. */
export function visibleVideos(): HTMLVideoElement[] {
  if (document.visibilityState === "hidden") return [];
  return [...document.querySelectorAll("video")].filter(({ clientWidth }) => clientWidth > 0);
}
