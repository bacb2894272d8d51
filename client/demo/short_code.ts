/** What the list of people says of the four words by which two make sure that nobody sits between them. Pure. @module */

/** What is known of the words for one person, once they were asked for. */
export type Code =
  | { readonly tag: "asked" }
  | { readonly tag: "made"; readonly words: string }
  | { readonly tag: "none" };

/** What to do with the words, or why there are none: a paragraph each. */
export function explain(code: Code, name: string, mode: "mesh" | "sfu"): string[] {
  switch (code.tag) {
    case "asked":
      return ["Agreeing on four words…"];
    case "made":
      return [
        `Both of you open this, and each reads the four words aloud to the other.`,
        `The same words: nobody sits between you and ${name}.`,
        `Other words: somebody may. Do not trust this call: leave, and try again in a new one.`,
      ];
    case "none":
      return mode === "sfu"
        ? [
          "There are no words while the call goes by way of a server, which has to see what it passes on.",
          "They are only for direct calls, of a few people.",
        ]
        : [
          `There are no words yet: ${name} did not answer, or the connection does not stand. Try again in a moment.`,
        ];
  }
}
