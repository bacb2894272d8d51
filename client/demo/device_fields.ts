/** Three selects for camera, microphone and speaker; the lobby and the call have them. @module */
import { type DeviceKind, listDevices, speakersSelectable } from "./devices.ts";
import { make } from "./dom.ts";
import { loadPreferences, savePreferences } from "./preferences.ts";

const DEFAULT_LABEL: Readonly<Record<DeviceKind, string>> = {
  videoinput: "Default camera",
  audioinput: "Default microphone",
  audiooutput: "Default speaker",
};

const NONE_LABEL: Readonly<Record<DeviceKind, string>> = {
  videoinput: "No camera found",
  audioinput: "No microphone found",
  audiooutput: "Default speaker",
};

/**
 * Fills the selects in `root` and keeps them right while devices come and go.
 *
 * @param changed called after a choice, which is remembered
 * @returns `refresh`, to call when permission was given (only then do devices have names)
 */
export function connectDeviceFields(
  root: HTMLElement,
  changed: (kind: DeviceKind, deviceId: string) => void,
): { refresh: () => Promise<void> } {
  const selects = [...root.querySelectorAll("select")];
  const kindOf = (select: HTMLSelectElement) => select.dataset.device as DeviceKind;

  async function refresh() {
    const devices = await listDevices();
    const preferences = loadPreferences();
    for (const select of selects) {
      const kind = kindOf(select);
      const present = devices.filter((device) => device.kind === kind);
      fill(select, kind, present, preferences[kind]);
      const field = select.closest("label");
      if (field) field.hidden = kind === "audiooutput" && !speakersSelectable();
    }
  }

  for (const select of selects) {
    select.addEventListener("change", () => {
      savePreferences({ [kindOf(select)]: select.value });
      changed(kindOf(select), select.value);
    });
  }
  navigator.mediaDevices?.addEventListener("devicechange", refresh);
  refresh();
  return { refresh };
}

function fill(
  select: HTMLSelectElement,
  kind: DeviceKind,
  devices: MediaDeviceInfo[],
  chosen: string,
) {
  // Before permission is given, browsers tell of devices without id and name.
  const named = devices.filter((device) => device.deviceId && device.deviceId !== "default");
  const first = devices.length === 0 ? NONE_LABEL[kind] : DEFAULT_LABEL[kind];
  select.replaceChildren(
    make("option", { value: "" }, first),
    ...named.map((device) =>
      make("option", { value: device.deviceId }, device.label || DEFAULT_LABEL[kind])
    ),
  );
  select.value = named.some((device) => device.deviceId === chosen) ? chosen : "";
  select.disabled = devices.length === 0;
}
