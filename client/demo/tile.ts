/** One tile: the picture and sound of a person, or a shared screen. @module */
import { icon, make, setAttribute } from "./dom.ts";
import { type Person, PRESENCE_TEXT, QUALITY_BARS, QUALITY_TEXT } from "./person.ts";
import { setSpeaker } from "./chosen_devices.ts";

export interface TileOptions {
  participant: string;
  kind: "person" | "screen";
  /** Own tiles are silent; the own camera is mirrored. */
  self: boolean;
  stream: MediaStream;
  /** The person asks to have this tile large, or no longer. */
  pin(): void;
  /** The browser plays no sound before a click. */
  refused(): void;
}

/** A tile in the page. */
export class Tile {
  readonly element: HTMLElement;
  readonly video: HTMLVideoElement;
  readonly options: TileOptions;
  readonly #avatar = make("span", { class: "avatar", "aria-hidden": "true" });
  readonly #name = make("span", { class: "name" });
  readonly #muted: SVGElement;
  readonly #hand: HTMLElement;
  readonly #bars: HTMLElement;
  readonly #veil = make("p", { class: "veil" });
  readonly #pin: HTMLButtonElement;

  constructor(options: TileOptions) {
    this.options = options;
    this.video = make("video", { autoplay: true, playsinline: true, tabindex: -1 });
    this.video.muted = options.self;
    this.video.srcObject = options.stream;
    this.#muted = icon("mic-off");
    this.#hand = make("span", { class: "hand", "aria-hidden": "true" }, icon("hand"));
    this.#bars = make("span", { class: "bars", role: "img" }, make("i"), make("i"), make("i"));
    this.#pin = make("button", { class: "tool pin", type: "button" }, icon("pin"));
    this.#pin.addEventListener("click", options.pin);
    const screen = options.kind === "screen";
    this.element = make(
      "section",
      {
        class: "tile",
        role: "group",
        "data-testid": screen ? "screen-tile" : "tile",
        "data-kind": options.kind,
        "data-participant": options.participant,
        "data-self": options.self,
      },
      this.video,
      make("div", { class: "face" }, this.#avatar),
      this.#veil,
      make("footer", {}, screen ? icon("screen") : this.#muted, this.#name),
      this.#hand,
      this.#bars,
      this.#pin,
    );
    this.#bars.hidden = screen || options.self;
    this.#hand.hidden = true;
    this.#veil.hidden = true;
    this.speaking = false;
    this.pinned = false;
    setSpeaker(this.video);
    this.play();
  }

  /** Begins to play, or tells that the browser wants a click first. */
  async play(): Promise<void> {
    try {
      await this.video.play();
    } catch (error) {
      if (error instanceof DOMException && error.name === "NotAllowedError") this.options.refused();
    }
  }

  set speaking(speaking: boolean) {
    setAttribute(this.element, "data-speaking", speaking);
  }

  set pinned(pinned: boolean) {
    setAttribute(this.#pin, "aria-pressed", String(pinned));
    setAttribute(this.#pin, "title", pinned ? "Back to the grid" : "Show large");
  }

  /** Shows what is known of its person now. */
  show(person: Person): void {
    if (this.options.kind === "screen") return this.#showScreen(person);
    const playing = person.pictured && this.options.stream.getVideoTracks().length > 0;
    this.element.dataset.camera = playing ? "on" : "off";
    this.element.dataset.microphone = person.muted ? "off" : "on";
    this.element.dataset.presence = person.presence;
    setAttribute(this.element, "aria-label", person.summary);
    setAttribute(this.video, "aria-label", `Picture of ${person.name}`);
    setAttribute(this.#pin, "aria-label", `Show ${person.name} large`);
    this.#name.textContent = person.name;
    this.#avatar.textContent = person.initials;
    this.#avatar.style.setProperty("--hue", String(person.hue));
    setAttribute(this.#muted, "hidden", !person.muted);
    this.#hand.hidden = person.hand === undefined;
    this.#showPresence(person);
    this.#showQuality(person);
  }

  /** Takes the tile out of the page and lets go of the stream. */
  remove(): void {
    this.element.remove();
    this.video.srcObject = null;
  }

  #showScreen(person: Person) {
    const text = this.options.self ? "Your screen" : `${person.name}'s screen`;
    this.element.dataset.camera = "on";
    setAttribute(this.element, "aria-label", text);
    setAttribute(this.video, "aria-label", text);
    setAttribute(this.#pin, "aria-label", `Show ${this.options.self ? "your screen" : text} large`);
    this.#name.textContent = text;
    this.#showPresence(person);
  }

  #showPresence({ presence }: Person) {
    this.#veil.hidden = presence === "here";
    if (this.#veil.textContent !== PRESENCE_TEXT[presence]) {
      this.#veil.textContent = PRESENCE_TEXT[presence];
    }
  }

  #showQuality({ quality }: Person) {
    if (!quality) return;
    this.#bars.dataset.quality = quality;
    setAttribute(this.#bars, "aria-label", `Connection: ${QUALITY_TEXT[quality]}`);
    setAttribute(this.#bars, "title", `Connection: ${QUALITY_TEXT[quality]}`);
    [...this.#bars.children].forEach((bar, index) =>
      bar.classList.toggle("lit", index < QUALITY_BARS[quality])
    );
  }
}
