// In place of the package `debug`, which simple-peer asks for: nothing is traced.
// CommonJS, because simple-peer calls what `require` gives.
declare const module: { exports: unknown };

module.exports = () => () => {};
