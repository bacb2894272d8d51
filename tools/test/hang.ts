/**
 * Ends a run of tests in which nothing gets on any more: a wait without an end would else be the end of the whole run,
 * and nobody would be told of which test.
 *
 * @module
 */

/** Longer than any test takes, on a busy machine too. */
const PATIENCE_MS = 5 * 60_000;
/** How long `deno test` may take to tell what it was at. */
const LAST_WORDS_MS = 10_000;
/** What `deno test` says of a test that does not get on. */
const NO_NEWS = /has been running for over/;

/** Interrupts a process that has no news to tell for so long. `using` stops watching. */
export class HangWatch implements Disposable {
  #timer: ReturnType<typeof setTimeout> | undefined;
  #hung = false;

  constructor(
    readonly child: Pick<Deno.ChildProcess, "kill">,
    readonly patienceMs: number = PATIENCE_MS,
  ) {
    this.#wait();
  }

  /** Whether it had to be ended. */
  get hung(): boolean {
    return this.#hung;
  }

  /** Takes what the process has printed. */
  read(text: string): void {
    const isNews = text.split("\n").some((line) => line.trim() !== "" && !NO_NEWS.test(line));
    if (isNews && !this.#hung) this.#wait();
  }

  #wait(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#end(), this.patienceMs);
  }

  #end(): void {
    this.#hung = true;
    this.child.kill("SIGINT");
    this.#timer = setTimeout(() => this.child.kill("SIGKILL"), LAST_WORDS_MS);
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
  }
}
