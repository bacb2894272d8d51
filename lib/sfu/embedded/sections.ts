/**
 * Which media section of a receiving connection holds what. Sections are never removed (RFC 8829 §5.2.2), so the
 * ones that have become free are used again, but only after the receiver has been told that they are.
 *
 * @module
 */

/** A section; `use`: what is sent in it. */
export interface Section<Use> {
  readonly mid: string;
  readonly media: "audio" | "video";
  readonly use?: Use;
  /** The offer with which it has become free. */
  readonly freedBy?: number;
}

/** What wants a section. */
export interface Wanting<Use> {
  readonly media: "audio" | "video";
  readonly use: Use;
}

/**
 * The sections of offer `number`: everything in `wanted` has one, what it had before if it had any, as long as there
 * are no more than `most`.
 */
export function assign<Use>(
  before: readonly Section<Use>[],
  wanted: readonly Wanting<Use>[],
  { number, most }: { number: number; most: number },
): Section<Use>[] {
  const uses = new Set(wanted.map(({ use }) => use));
  const sections = before.map((section): Section<Use> =>
    section.use === undefined || uses.has(section.use)
      ? section
      : { mid: section.mid, media: section.media, freedBy: number }
  );
  const held = new Set(sections.map(({ use }) => use));
  for (const { media, use } of wanted) {
    if (held.has(use)) continue;
    const free = sections.findIndex((section) =>
      section.media === media && section.use === undefined && section.freedBy !== number
    );
    if (free >= 0) sections[free] = { mid: sections[free]!.mid, media, use };
    else if (sections.length < most) sections.push({ mid: `${sections.length}`, media, use });
  }
  return sections;
}
