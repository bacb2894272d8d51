/**
 * JSON that is only handed on, as text.
 *
 * @module
 */

/** Whether a text is one JSON value. */
export function isJson(text: string): boolean {
  return passes(JSON.parse, text);
}

/** Whether a text that begins with a quote is one JSON string. Does not unescape it, as `JSON.parse` would. */
export function isJsonString(text: string): boolean {
  return passes(JSON.rawJSON, text);
}

function passes(read: (text: string) => unknown, text: string): boolean {
  try {
    read(text);
    return true;
  } catch {
    return false;
  }
}

declare global {
  interface JSON {
    /** @throws {SyntaxError} if `text` is no JSON string, number, boolean or null. ECMAScript: JSON.parse source text access. */
    rawJSON(text: string): object;
  }
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

/** Where the string that begins at `open` ends: at the first quote with an even number of backslashes before it; -1: nowhere. */
export function endOfString(text: string, open: number): number {
  for (let quote = text.indexOf('"', open + 1); quote >= 0; quote = text.indexOf('"', quote + 1)) {
    let first = quote;
    while (text[first - 1] === "\\") first--;
    if ((quote - first) % 2 === 0) return quote;
  }
  return -1;
}
