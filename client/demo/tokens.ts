/** Tokens for the demo's own rooms. A product gets them from its back end instead. @module */

/** A reason that a person can read, why there is no token. */
export class TokenRefused extends Error {
  override readonly name = "TokenRefused";
}

/**
 * Asks the service to let `name` into a room of the demo, which is made where there is none.
 *
 * @throws {TokenRefused}
 */
export async function fetchToken(room: string, name: string): Promise<string> {
  const response = await fetch(`/demo/rooms/${encodeURIComponent(room)}/tokens`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ name }),
  }).catch(() => undefined);
  if (!response) {
    throw new TokenRefused("The service cannot be reached. Check your connection and try again.");
  }
  const answer: unknown = await response.json().catch(() => undefined);
  const token = field(answer, "token");
  if (response.ok && token) return token;
  throw new TokenRefused(refusalOf(response.status, field(answer, "detail")));
}

/** Why there is no token, by the status of the answer. Pure. */
export function refusalOf(status: number, detail: string | undefined): string {
  if (status === 404) {
    return "This service does not make demo calls (DEMO is off). " +
      "Ask whoever runs it for a link that carries a token.";
  }
  if (status === 429 || status === 503) {
    return "The service is busy at the moment. Wait a few seconds and try again.";
  }
  return detail ?? `The service refused this call (HTTP ${status}). Try another room name.`;
}

function field(value: unknown, name: string): string | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const found = (value as Record<string, unknown>)[name];
  return typeof found === "string" ? found : undefined;
}
