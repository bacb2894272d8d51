import type { Crowd } from "./crowd.ts";
import { pick } from "./random.ts";

/** Lengths in characters: of a candidate, an acknowledgement of one, a session description. */
const PADDINGS = [40, 150, 2_000].map((length) => "x".repeat(length));

const STEP_MS = 20;

export interface TrafficOptions {
  /** A second. */
  signals: number;
  /** How many go for good, and how many come, a second. */
  churn: number;
  /** That many are in a room at most. */
  people: number;
  /** For those who come, by room: taken from. */
  tokens: Map<string, string[]>;
}

/** Lets people talk, come and go. */
export class Traffic {
  readonly #timers: ReturnType<typeof setInterval>[];

  constructor(readonly crowd: Crowd, readonly options: TrafficOptions) {
    const begun = performance.now();
    let sent = 0;
    this.#timers = [
      setInterval(() => {
        const due = (performance.now() - begun) * options.signals / 1000;
        for (; sent < due; sent++) crowd.signal(pick(PADDINGS, crowd.random));
      }, STEP_MS),
      setInterval(() => this.#someoneGoes(), 1000 / options.churn),
      setInterval(() => this.#someoneComes(), 1000 / options.churn),
    ];
  }

  /** Nobody comes or goes any more. */
  settle(): void {
    for (const timer of this.#timers.slice(1)) clearInterval(timer);
  }

  stop(): void {
    for (const timer of this.#timers) clearInterval(timer);
  }

  /** Not the last ones of a room: then there would be nobody to see it. */
  #someoneGoes(): void {
    const { crowd } = this;
    const people = [...crowd.present(pick(crowd.rooms, crowd.random))];
    if (people.length <= this.options.people / 2) return;
    crowd.end(pick(people, crowd.random), crowd.random() < 0.7 ? "vanish" : "leave");
  }

  #someoneComes(): void {
    const { crowd } = this;
    const { people, tokens } = this.options;
    const roomy = crowd.rooms.filter((room) =>
      [...crowd.present(room)].length < people && tokens.get(room)!.length > 0
    );
    if (roomy.length === 0) return;
    const room = pick(roomy, crowd.random);
    crowd.enter(room, tokens.get(room)!.pop()!, pick([...crowd.addresses.keys()], crowd.random));
  }
}
