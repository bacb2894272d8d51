// In place of the package `err-code`: what simple-peer needs of it.
// CommonJS, because simple-peer calls what `require` gives.
declare const module: { exports: unknown };

module.exports = (error: Error, code: string) => Object.assign(error, { code });
