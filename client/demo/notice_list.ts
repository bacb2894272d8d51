/** Which notices are shown: of each subject the latest alone. Pure. @module */

export interface Notice {
  /** What it is about; the next one about the same takes its place. */
  readonly subject: string;
  readonly text: string;
  /** `plain`: something happened; `problem`: something failed. */
  readonly kind: "plain" | "problem";
}

/** More would hide the people. */
const MOST_SHOWN = 3;

/** What is shown once `next` is said. What says the same stays as it is, so that it is not read out again. */
export function said(shown: readonly Notice[], next: Notice): readonly Notice[] {
  const before = shown.find(({ subject }) => subject === next.subject);
  if (before?.text === next.text && before.kind === next.kind) return shown;
  return [...without(shown, next.subject), next].slice(-MOST_SHOWN);
}

/** What is shown once nothing is to be said of `subject` any more. */
export function without(shown: readonly Notice[], subject: string): readonly Notice[] {
  return shown.filter((notice) => notice.subject !== subject);
}
