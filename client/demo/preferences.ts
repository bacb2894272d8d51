/** What the page remembers on this device. @module */

export interface Preferences {
  name: string;
  microphone: boolean;
  camera: boolean;
  /** Device ids; empty for the browser's default. */
  audioinput: string;
  videoinput: string;
  audiooutput: string;
}

const KEY = "meshlift.demo";

const DEFAULTS: Preferences = {
  name: "",
  microphone: true,
  camera: true,
  audioinput: "",
  videoinput: "",
  audiooutput: "",
};

/** Reads what a stored text says; whatever it does not say, or says wrongly, is as by default. Pure. */
export function preferencesOf(stored: string | null): Preferences {
  const known = Object.entries(parsed(stored)).filter(([key, value]) =>
    typeof value === typeof DEFAULTS[key as keyof Preferences]
  );
  return { ...DEFAULTS, ...Object.fromEntries(known) };
}

/** The preferences of this device; the defaults where storage is closed to the page. */
export function loadPreferences(): Preferences {
  try {
    return preferencesOf(localStorage.getItem(KEY));
  } catch {
    return { ...DEFAULTS };
  }
}

/** Remembers some preferences beside the others. Without storage, they last as long as the page. */
export function savePreferences(changes: Partial<Preferences>): void {
  try {
    localStorage.setItem(KEY, JSON.stringify({ ...loadPreferences(), ...changes }));
  } catch {
    // Storage is closed to the page (a private window): nothing to remember, nothing to tell.
  }
}

function parsed(stored: string | null): object {
  try {
    const value: unknown = JSON.parse(stored ?? "{}");
    return typeof value === "object" && value !== null ? value : {};
  } catch {
    return {};
  }
}
