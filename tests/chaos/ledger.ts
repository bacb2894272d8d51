/**
 * Who sent which signals to whom, and whether each came once and in order. Numbers count from 1 for each pair.
 *
 * @module
 */

interface Account {
  from: string;
  to: string;
  /** When each that was sent and has not come was sent, in ms; the first is number `came + 1`. */
  underWay: number[];
  sent: number;
  came: number;
}

export interface Missing {
  from: string;
  to: string;
  /** Numbers. */
  first: number;
  last: number;
}

export class Ledger {
  /** What came that should not have, in words. */
  readonly violations: string[] = [];
  #sent = 0;
  #came = 0;
  readonly #accounts = new Map<string, Account>();

  get sent(): number {
    return this.#sent;
  }

  get came(): number {
    return this.#came;
  }

  /** The next signal is on its way: its number. */
  send(from: string, to: string, now: number): number {
    const account = this.#account(from, to);
    this.#sent++;
    account.underWay.push(now);
    return ++account.sent;
  }

  /** One has come; the answer is when it was sent, if it was the next one. */
  receive(from: string, to: string, number: unknown): number | undefined {
    const account = this.#account(from, to);
    const expected = account.came + 1;
    if (number !== expected || account.underWay.length === 0) {
      this.violations.push(
        `signal ${number} came from ${from} to ${to}; expected ${
          account.underWay.length === 0 ? "none" : expected
        }`,
      );
      return undefined;
    }
    account.came = expected;
    this.#came++;
    return account.underWay.shift();
  }

  /** What was sent and has not come, between people who both `stayed`. */
  missing(stayed: (id: string) => boolean): Missing[] {
    return [...this.#accounts.values()]
      .filter(({ from, to, underWay }) => underWay.length > 0 && stayed(from) && stayed(to))
      .map(({ from, to, came, sent }) => ({ from, to, first: came + 1, last: sent }));
  }

  #account(from: string, to: string): Account {
    const key = `${from} ${to}`;
    let account = this.#accounts.get(key);
    if (!account) {
      account = { from, to, underWay: [], sent: 0, came: 0 };
      this.#accounts.set(key, account);
    }
    return account;
  }
}
