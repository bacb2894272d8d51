/**
 * Yourself, as the application sees it.
 *
 * @module
 */
import type { ParticipantInfo } from "../lib/protocol.ts";
import type { MediaState, Permissions, Self } from "./api.ts";
import { callError } from "./errors.ts";
import type { LocalMedia } from "./media.ts";
import { ATTRIBUTES_LENGTH } from "./policy.ts";

export type Attributes = ParticipantInfo["attributes"];

export class Own implements Self {
  readonly stream: MediaStream;
  readonly screen: MediaStream;
  readonly #media: LocalMedia;
  #info: ParticipantInfo;
  attributes: Attributes;
  speaking = false;

  constructor(info: ParticipantInfo, media: LocalMedia) {
    this.#info = info;
    this.#media = media;
    this.attributes = info.attributes;
    this.stream = media.stream;
    this.screen = media.screen;
  }

  get id(): string {
    return this.#info.id;
  }
  get identity(): string {
    return this.#info.identity;
  }
  get name(): string | undefined {
    return this.#info.name;
  }
  get permissions(): Permissions {
    return this.#info.permissions;
  }
  get metadata(): unknown {
    return this.#info.metadata;
  }
  get media(): MediaState {
    return this.#media.state;
  }

  /** Takes over what the node says of us; returns whether it has to be told better. */
  update(info: ParticipantInfo): boolean {
    this.#info = info;
    return JSON.stringify([info.media, sorted(info.attributes)]) !==
      JSON.stringify([this.media, sorted(this.attributes)]);
  }
}

const sorted = (attributes: Attributes) =>
  Object.entries(attributes).sort(([a], [b]) => a < b ? -1 : 1);

/** `attributes` with `changes` merged in; `null` takes a key out. Throws what a node would refuse. */
export function mergeAttributes(
  attributes: Attributes,
  changes: Record<string, unknown>,
): Attributes {
  if (Object(changes) !== changes || Array.isArray(changes)) {
    const text = `Cannot set attributes to ${JSON.stringify(changes)}: expected an object`;
    throw callError("invalid_argument", text);
  }
  // As JSON, so that both ends see the same values.
  const all: Attributes = JSON.parse(JSON.stringify({ ...attributes, ...changes }));
  const merged = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== null));
  const { length } = JSON.stringify(merged);
  if (length > ATTRIBUTES_LENGTH) {
    throw callError(
      "invalid_argument",
      `Cannot set attributes of ${length} characters of JSON: expected at most ${ATTRIBUTES_LENGTH}`,
    );
  }
  return merged;
}
