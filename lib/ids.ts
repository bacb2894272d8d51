const ALPHABET = "0123456789abcdefghijklmnopqrstuvwxyz";

/** `length` random characters of 0-9a-z, from the platform's cryptographic source. */
export function randomId(length = 12): string {
  let id = "";
  while (id.length < length) {
    for (const byte of crypto.getRandomValues(new Uint8Array(length))) {
      // 252 is the largest multiple of 36 in a byte: what lies above would favour some characters.
      if (byte < 252 && id.length < length) id += ALPHABET[byte % 36];
    }
  }
  return id;
}

/** A participant id: sorts by the time it was given (ms), then at random. */
export function participantId(now: number): string {
  return `p_${now.toString(36).padStart(9, "0")}${randomId(8)}`;
}
