/**
 * JSON that is only handed on: looked at as text, and never made into values.
 *
 * @module
 */

/** Strings of fewer characters cost less to make than to go round. */
const LONG = 64;

/** What JSON (RFC 8259 §7) lets no string hold, wherever it stands: may find what is right, never misses what is wrong. */
const DUBIOUS = /[^ -\uffff]|\\(?!["\\/bfnrt]|u[\dA-Fa-f]{4})/;

/** Whether a text is one JSON value, as `JSON.parse` has it. */
export function isJson(text: string): boolean {
  try {
    JSON.parse(DUBIOUS.test(text) ? text : withoutLongStrings(text));
    return true;
  } catch {
    return false;
  }
}

/**
 * The text with its long strings emptied: JSON if and only if the text is, given that all its strings hold what strings
 * may. To unescape the lines of a session description takes longer than all else that a node does with it.
 */
function withoutLongStrings(text: string): string {
  let short = "";
  let kept = 0;
  let open = text.indexOf('"');
  while (open >= 0) {
    const close = endOfString(text, open);
    // One that never ends stays, and is refused.
    if (close < 0) break;
    if (close - open > LONG) {
      short += text.slice(kept, open + 1);
      kept = close;
    }
    open = text.indexOf('"', close + 1);
  }
  return short + text.slice(kept);
}

/**
 * The text of a member of a JSON object, which `text` has to be; of several of that name the last, as `JSON.parse` has it.
 */
export function memberText(text: string, name: string): string | undefined {
  let found: string | undefined;
  let depth = 0;
  /** Of the member that is looked at. */
  let key = "";
  let colon = 0;
  const memberEnds = (at: number) => {
    if (key === name) found = text.slice(colon + 1, at);
  };
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (character === '"') {
      const close = endOfString(text, at);
      if (depth === 1 && colon === 0) key = JSON.parse(text.slice(at, close + 1));
      at = close;
    } else if (character === ":" && depth === 1) {
      colon = at;
    } else if (character === "," && depth === 1) {
      memberEnds(at);
      colon = 0;
    } else if (character === "{" || character === "[") {
      depth++;
    } else if (character === "}" || character === "]") {
      if (--depth === 0 && colon > 0) memberEnds(at);
    }
  }
  return found;
}

/** Where the string that begins at `open` ends: at the first quote with an even number of backslashes before it. */
function endOfString(text: string, open: number): number {
  for (let quote = text.indexOf('"', open + 1); quote >= 0; quote = text.indexOf('"', quote + 1)) {
    let first = quote;
    while (text[first - 1] === "\\") first--;
    if ((quote - first) % 2 === 0) return quote;
  }
  return -1;
}
