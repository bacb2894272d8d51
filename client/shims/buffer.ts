// In place of the package `buffer`: simple-peer wraps what a data channel brings, which calls do not use.
// CommonJS, because simple-peer takes what `require` gives.
declare const module: { exports: unknown };

module.exports = { Buffer: { from: (data: ArrayBuffer) => new Uint8Array(data) } };
