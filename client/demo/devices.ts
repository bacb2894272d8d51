/** Cameras, microphones and speakers: which there are, and why one cannot be used. @module */

export type InputKind = "audioinput" | "videoinput";
export type DeviceKind = InputKind | "audiooutput";

const WORDS: Readonly<Record<InputKind, string>> = {
  audioinput: "microphone",
  videoinput: "camera",
};

/** Whether the page may ask for devices at all: browsers show them to secure pages only. */
export function devicesReachable(): boolean {
  return Boolean(globalThis.navigator?.mediaDevices?.getUserMedia);
}

/** Whether the browser can play through a chosen speaker. */
export function speakersSelectable(): boolean {
  return "setSinkId" in HTMLMediaElement.prototype;
}

/**
 * Opens exactly the device with this id where it is among those present, else any. A camera is opened as large as
 * the machine can carry.
 */
export function constraintsOf(
  kind: InputKind,
  deviceId: string,
  present: readonly Pick<MediaDeviceInfo, "kind" | "deviceId">[],
): MediaTrackConstraints {
  const there = deviceId !== "" &&
    present.some((device) => device.kind === kind && device.deviceId === deviceId);
  return {
    ...(there ? { deviceId: { exact: deviceId } } : {}),
    ...(kind === "videoinput" ? resolutionFor(navigator.hardwareConcurrency) : {}),
  };
}

/** In a mesh, a camera is encoded once per person: what a machine with so many cores can carry. Pure. */
export function resolutionFor(cores: number): MediaTrackConstraints {
  const width = cores >= 8 ? 1280 : cores >= 4 ? 960 : 640;
  return { width: { ideal: width }, height: { ideal: width * 9 / 16 } };
}

/** Plain words for the name of a `getUserMedia` error. Pure. */
export function deviceProblem(errorName: string, kind: InputKind): string {
  const word = WORDS[kind];
  switch (errorName) {
    case "NotAllowedError":
    case "SecurityError":
      return `The ${word} is blocked for this page. Allow it beside the address, then turn it on here.`;
    case "NotFoundError":
    case "OverconstrainedError":
      return `No ${word} was found. Plug one in, or go on without.`;
    case "NotReadableError":
    case "AbortError":
      return `The ${word} is in use by another program. Close that, then turn it on here.`;
    case "InsecureContext":
      return `The ${word} needs a secure page. Open this one with https://.`;
    default:
      return `The ${word} could not be opened (${errorName}). Try again, or go on without.`;
  }
}

/** All devices; none where the page may not ask. */
export async function listDevices(): Promise<MediaDeviceInfo[]> {
  try {
    return await navigator.mediaDevices?.enumerateDevices() ?? [];
  } catch {
    return [];
  }
}
