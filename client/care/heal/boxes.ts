/**
 * Boxes that only their addressee can open: what goes by way of somebody else is neither read nor changed there
 * (AES-GCM, NIST SP 800-38D), nor taken for somebody else's.
 *
 * @module
 */
const IV_BYTES = 12;
const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** A new key for two, as base64. */
export function newKey(): string {
  return toBase64(crypto.getRandomValues(new Uint8Array(32)));
}

/** Takes a key that came; rejects what is none. */
export async function importKey(key: string): Promise<CryptoKey> {
  return await crypto.subtle.importKey("raw", fromBase64(key), "AES-GCM", false, [
    "encrypt",
    "decrypt",
  ]);
}

/** Who speaks to whom: a box does not open the other way round, or for somebody else. */
export interface Address {
  from: string;
  to: string;
}

export async function seal(key: CryptoKey, address: Address, text: string): Promise<string> {
  const iv = crypto.getRandomValues(new Uint8Array(IV_BYTES));
  const sealed = await crypto.subtle.encrypt(algorithm(iv, address), key, encoder.encode(text));
  return toBase64(iv) + toBase64(new Uint8Array(sealed));
}

/** Rejects what was not sealed with this key by `address.from` for `address.to`. */
export async function open(key: CryptoKey, address: Address, box: string): Promise<string> {
  const bytes = fromBase64(box);
  const iv = bytes.slice(0, IV_BYTES);
  const text = await crypto.subtle.decrypt(algorithm(iv, address), key, bytes.slice(IV_BYTES));
  return decoder.decode(text);
}

function algorithm(iv: Uint8Array<ArrayBuffer>, { from, to }: Address): AesGcmParams {
  return { name: "AES-GCM", iv, additionalData: encoder.encode(JSON.stringify([from, to])) };
}

function toBase64(bytes: Uint8Array): string {
  let binary = "";
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary);
}

function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
}
