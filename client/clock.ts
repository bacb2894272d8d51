/**
 * Time, in ms since any moment. An argument, so that tests can tell it.
 *
 * @module
 */
export type Clock = () => number;

/** The clock of the page, which never steps back. */
export const monotonic: Clock = () => performance.now();
