/** Runs jobs of one name one after the other, in the order in which they came; names do not wait for each other. */
export class Turns {
  readonly #last = new Map<string, Promise<unknown>>();

  take<T>(name: string, job: () => Promise<T>): Promise<T> {
    const before = this.#last.get(name);
    const mine = before ? before.then(job, job) : job();
    this.#last.set(name, mine);
    const done = () => {
      if (this.#last.get(name) === mine) this.#last.delete(name);
    };
    mine.then(done, done);
    return mine;
  }
}
