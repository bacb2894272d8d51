/**
 * The port to answers that were given before, by Idempotency-Key.
 *
 * @module
 */

/** An answer as it was given. */
export interface SavedAnswer {
  status: number;
  contentType: string;
  body: string;
}

/** What is known of a key: the request that took it, and its answer once there is one. */
export interface SavedRequest {
  /** Digest of the request, to tell a repetition from another request with the same key. */
  fingerprint: string;
  answer?: SavedAnswer;
}

export interface Idempotency {
  /** Takes a key. The answer is what stood there already, or `undefined` if the key is now ours. */
  take(key: string, fingerprint: string): Promise<SavedRequest | undefined>;
  /** Keeps the answer of a key that we took, for `POLICY.idempotencyTtlMs`; a key without one for `idempotencyLeaseMs`. */
  save(key: string, request: Required<SavedRequest>): Promise<void>;
  /** Gives a key back: the request failed and may be tried again. */
  release(key: string): Promise<void>;
}
