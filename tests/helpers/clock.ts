import { stub } from "@std/testing/mock";

/** `Date.now` as a test wills; timers run on. */
export class Clock implements Disposable {
  now = Date.now();
  readonly #stub = stub(Date, "now", () => this.now);

  [Symbol.dispose](): void {
    this.#stub.restore();
  }
}
