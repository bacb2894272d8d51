// In place of the package `get-browser-rtc`: no browser hides WebRTC behind a prefix any more.
// CommonJS, because simple-peer calls what `require` gives.
declare const module: { exports: unknown };

module.exports = () => globalThis;
