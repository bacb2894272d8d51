/** Keeps a phone's screen on during a call. @module */

/** Asks for it, again each time the page comes to the front, until the returned function is called. */
export function keepAwake(): () => void {
  let lock: WakeLockSentinel | undefined;
  let wanted = true;

  async function ask() {
    if (!wanted || document.visibilityState !== "visible") return;
    // Refused on low battery, absent in older browsers: the call is as good without.
    lock = await navigator.wakeLock?.request("screen").catch(() => undefined);
    if (!wanted) lock?.release();
  }

  document.addEventListener("visibilitychange", ask);
  ask();
  return () => {
    wanted = false;
    document.removeEventListener("visibilitychange", ask);
    lock?.release();
  };
}
