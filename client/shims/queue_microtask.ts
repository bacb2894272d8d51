// In place of the package `queue-microtask`: every browser that can hold a call has it.
// CommonJS, because simple-peer calls what `require` gives.
declare const module: { exports: unknown };

module.exports = queueMicrotask;
