import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { validate } from "@readme/openapi-parser";
import { fakeApp } from "../../helpers/fake_app.ts";

type Document = Parameters<typeof validate>[0] & {
  openapi: string;
  paths: Record<string, Record<string, { responses: Record<string, unknown>; security: unknown }>>;
};

async function document(): Promise<Document> {
  const { app } = fakeApp();
  const response = await app.request("/openapi.json");
  assertEquals(response.status, 200);
  return await response.json();
}

/** What every route may answer: who are you, too often, not now. */
const ALWAYS = [401, 429, 503];

/** Every route of the contract, and every other status that it may answer with. */
const CONTRACT: Record<string, number[]> = {
  "post /v1/rooms": [201, 400, 408, 409, 413, 415, 422],
  "get /v1/rooms": [200, 400],
  "get /v1/rooms/{room}": [200, 400, 404],
  "patch /v1/rooms/{room}": [200, 400, 404, 408, 409, 413, 415],
  "delete /v1/rooms/{room}": [204, 400, 404],
  "post /v1/rooms/{room}/tokens": [201, 400, 404, 408, 409, 413, 415, 422],
  "get /v1/rooms/{room}/participants": [200, 400, 404],
  "delete /v1/rooms/{room}/participants/{participant}": [204, 400, 404],
  "post /v1/rooms/{room}/topology": [200, 400, 404, 408, 409, 413, 415, 422],
  "get /v1/sfus": [200],
  "patch /v1/sfus/{sfu}": [200, 400, 403, 404, 408, 413, 415],
};

describe("/openapi.json", () => {
  it("is a valid OpenAPI 3.1 document", async () => {
    const api = await document();
    assertEquals(api.openapi, "3.1.0");
    const result = await validate(api);
    assert(result.valid, JSON.stringify(result));
    assertEquals(result.warnings, []);
  });

  it("has every route with every status, and no other", async () => {
    const { paths } = await document();
    const found = Object.entries(paths).flatMap(([path, operations]) =>
      Object.entries(operations).map(([method, { responses }]) =>
        [`${method} ${path}`, Object.keys(responses).map(Number).sort((a, b) => a - b)] as const
      )
    );
    const expected = Object.entries(CONTRACT).map(([route, own]) =>
      [route, [...own, ...ALWAYS].sort((a, b) => a - b)] as const
    );
    assertEquals(Object.fromEntries(found), Object.fromEntries(expected));
  });

  it("asks for an API secret on every route", async () => {
    const { paths } = await document();
    for (const operations of Object.values(paths)) {
      for (const { security } of Object.values(operations)) {
        assertEquals(security, [{ apiSecret: [] }]);
      }
    }
  });

  it("is the same each time that it is read", async () => {
    const { app } = fakeApp();
    const texts = await Promise.all(
      [1, 2].map(async () => (await app.request("/openapi.json")).text()),
    );
    assertEquals(texts[0], texts[1]);
  });
});
