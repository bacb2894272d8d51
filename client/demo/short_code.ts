/** What the list of people says of the four words by which two make sure that nobody sits between them. Pure. @module */

/** What is known of the words for one person, once they were asked for. */
export type Code =
  | { readonly tag: "asked" }
  | { readonly tag: "made"; readonly words: string }
  | { readonly tag: "none" };

/** What to do with the words, or why there are none. */
export function explain(code: Code, name: string, mode: "mesh" | "sfu"): string {
  switch (code.tag) {
    case "asked":
      return "Agreeing on four words…";
    case "made":
      return `Read them out to each other. If ${name} sees the same four words, nobody sits between you.`;
    case "none":
      return mode === "sfu"
        ? "This call goes by way of a server, which has to see what it passes on. There are words only in a direct call."
        : `There are no words yet, because the connection to ${name} does not stand. Try again in a moment.`;
  }
}
