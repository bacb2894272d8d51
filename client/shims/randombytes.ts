// In place of the package `randombytes`: simple-peer only asks for hexadecimal names.
// CommonJS, because simple-peer calls what `require` gives.
declare const module: { exports: unknown };

module.exports = (size: number) => ({
  toString: () =>
    Array.from(
      crypto.getRandomValues(new Uint8Array(size)),
      (byte) => byte.toString(16).padStart(2, "0"),
    ).join(""),
});
