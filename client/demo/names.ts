/** Names for rooms, and what stands for a person without a picture. Pure. @module */

const QUALITIES = (
  "amber brave bright calm clever cosy crisp dapper eager early easy fair fresh gentle glad golden " +
  "happy hardy honest jolly keen kind light lively lucky mellow merry misty neat nimble noble open " +
  "patient plucky polite proud quick quiet ready rosy silver smart snug steady sunny swift warm wise"
).split(" ");

const CREATURES = (
  "badger beaver bison crane curlew dolphin eagle falcon ferret finch fox gecko hare heron ibex " +
  "jackdaw kestrel koala lark lemur lynx magpie marten mole moose newt ocelot orca osprey otter owl " +
  "panda pelican plover puffin quail raven robin seal sparrow starling stoat stork swan tern vole wren yak"
).split(" ");

/**
 * A room name to read aloud, like `calm-otter-4172`.
 *
 * @param random gives numbers in [0, 1)
 */
export function roomName(random: () => number): string {
  const pick = (words: string[]) => words[Math.floor(random() * words.length)];
  const number = 1000 + Math.floor(random() * 9000);
  return `${pick(QUALITIES)}-${pick(CREATURES)}-${number}`;
}

/** One or two letters that stand for a name; `?` for an empty one. */
export function initials(name: string): string {
  const words = name.trim().split(/\s+/).filter(Boolean);
  const chosen = words.length > 1 ? [words[0], words.at(-1)] : words;
  const letters = chosen.map((word) => [...(word ?? "")][0] ?? "").join("");
  return letters.toLocaleUpperCase() || "?";
}

/** A hue in degrees that stays the same for the same text. */
export function hueOf(text: string): number {
  let hash = 2166136261;
  for (const character of text) {
    hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 16777619) >>> 0;
  }
  return hash % 360;
}
