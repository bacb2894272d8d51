// In place of the package `err-code`: what simple-peer needs of it. Events and DOM errors have a `code` of their own
// that cannot be assigned to.
// CommonJS, because simple-peer calls what `require` gives.
declare const module: { exports: unknown };

module.exports = (error: Error, code: string) =>
  Object.defineProperty(error, "code", { value: code, configurable: true });
