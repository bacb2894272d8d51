/** A back end's view of a service under test. */

const HEADERS = { authorization: "Bearer dev-secret", "content-type": "application/json" };

/** Makes a room. @throws {Error} with the service's answer. */
export async function makeRoom(url: string, room: Record<string, unknown> = {}): Promise<string> {
  return (await post(`${url}/v1/rooms`, room)).id;
}

/** Makes a token. @throws {Error} with the service's answer. */
export async function makeToken(
  url: string,
  room: string,
  grant: { identity: string } & Record<string, unknown>,
): Promise<string> {
  return (await post(`${url}/v1/rooms/${room}/tokens`, grant)).token;
}

/** Identities of those who are in the room, by REST. */
export async function whoIsIn(url: string, room: string): Promise<string[]> {
  const response = await fetch(`${url}/v1/rooms/${room}/participants`, { headers: HEADERS });
  const { participants } = await response.json();
  return participants.map(({ identity }: { identity: string }) => identity).sort();
}

/** Removes a participant, or (without one) ends the room. */
export async function remove(url: string, room: string, participant?: string): Promise<void> {
  const path = participant === undefined ? "" : `/participants/${participant}`;
  const response = await fetch(`${url}/v1/rooms/${room}${path}`, {
    method: "DELETE",
    headers: HEADERS,
  });
  if (!response.ok) throw new Error(`Cannot remove: ${await response.text()}`);
}

async function post(url: string, body: unknown) {
  const response = await fetch(url, {
    method: "POST",
    headers: HEADERS,
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`Cannot post to ${url}: ${await response.text()}`);
  return await response.json();
}
