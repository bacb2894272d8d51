/** In place of the package `buffer`: simple-peer wraps what a data channel brings, which calls do not use. */
export const Buffer = { from: (data: ArrayBuffer): Uint8Array => new Uint8Array(data) };
