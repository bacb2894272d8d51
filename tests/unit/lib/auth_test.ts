import { assertEquals, assertFalse, assertRejects, assertStringIncludes } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { SignJWT, UnsecuredJWT } from "jose";
import { tenantFinder, TokenError, type TokenGrant, Tokens } from "../../../lib/auth.ts";
import { Permissions } from "../../../lib/protocol.ts";
import { defaultSettings } from "../../../lib/room_state.ts";

const SECRET = "0123456789abcdef0123456789abcdef";
const NOW = 1_800_000_000_000;
const GRANT: TokenGrant = {
  room: { tenant: "acme", id: "r" },
  identity: "ada",
  name: "Ada",
  permissions: Permissions.parse({ moderate: true }),
  metadata: { seat: 1 },
  expiresAt: NOW + 60_000,
};
const tokens = new Tokens(SECRET);

/** The claims of a token that would be good. */
const CLAIMS = {
  tenant: "acme",
  room: "r",
  sub: "ada",
  permissions: GRANT.permissions,
  jti: "t1",
  iss: "meshlift",
  aud: "join",
  exp: NOW / 1000 + 60,
};

function forge(
  claims: Record<string, unknown>,
  { alg = "HS256", secret = SECRET }: { alg?: string; secret?: string } = {},
): Promise<string> {
  const key = new TextEncoder().encode(secret.padEnd(64, "."));
  const raw = alg === "HS256" ? new TextEncoder().encode(secret) : key;
  return new SignJWT(claims).setProtectedHeader({ alg }).sign(raw);
}

async function refused(token: string, code: string, says: string): Promise<void> {
  const error = await assertRejects(() => tokens.verify(token, "p_a", NOW), TokenError, says);
  assertEquals(error.code, code);
  assertStringIncludes(error.message, "expected one");
}

describe("a token", () => {
  it("says whom it lets in, where and as what", async () => {
    const { room, admission } = await tokens.verify(tokens.sign(GRANT), "p_a", NOW);
    const { ticket, ...rest } = admission;
    assertEquals(room, GRANT.room);
    assertEquals(rest, {
      id: "p_a",
      identity: "ada",
      name: "Ada",
      permissions: GRANT.permissions,
      metadata: { seat: 1 },
      expiresAt: NOW + 60_000,
    });
    assertEquals(ticket.length, 16);
  });

  it("made by hand of the right claims is good: the refusals below have one cause each", async () => {
    const { admission } = await tokens.verify(await forge(CLAIMS), "p_a", NOW);
    assertEquals(admission.ticket, "t1");
  });

  it("is not of the same ticket as another one", async () => {
    const tickets = await Promise.all([1, 2].map(async () => {
      const { admission } = await tokens.verify(tokens.sign(GRANT), "p_a", NOW);
      return admission.ticket;
    }));
    assertFalse(tickets[0] === tickets[1]);
  });

  it("lives to the last ms before its expiry", async () => {
    await tokens.verify(tokens.sign(GRANT), "p_a", NOW + 59_999);
  });
});

describe("a token is refused", () => {
  it("when it has expired", async () => {
    const token = tokens.sign({ ...GRANT, expiresAt: NOW });
    await refused(token, "token_expired", "expired at 2027-01-15T08:00:00.000Z");
  });

  it("with alg none", async () => {
    const token = new UnsecuredJWT(CLAIMS).encode();
    await refused(token, "token_invalid", "algorithm is not allowed");
  });

  it("with alg none in other letters", async () => {
    const [, payload] = new UnsecuredJWT(CLAIMS).encode().split(".");
    const header = btoa(`{"alg":"NoNe"}`).replaceAll("=", "");
    await refused(`${header}.${payload}.`, "token_invalid", "algorithm is not allowed");
  });

  it("with alg HS512, though the secret is right", async () => {
    await refused(await forge(CLAIMS, { alg: "HS512" }), "token_invalid", "algorithm");
  });

  it("with another secret", async () => {
    const token = await forge(CLAIMS, { secret: SECRET.replace("0", "1") });
    await refused(token, "token_invalid", "signature is wrong");
  });

  it("with claims that were changed after it was signed", async () => {
    const [header, , signature] = tokens.sign(GRANT).split(".");
    const payload = btoa(JSON.stringify({ ...CLAIMS, room: "other" })).replaceAll("=", "");
    await refused(`${header}.${payload}.${signature}`, "token_invalid", "signature is wrong");
  });

  it("for another audience", async () => {
    await refused(await forge({ ...CLAIMS, aud: "admin" }), "token_invalid", `"aud"`);
  });

  it("of another issuer", async () => {
    await refused(await forge({ ...CLAIMS, iss: "evil" }), "token_invalid", `"iss"`);
  });

  it("when it is a session", async () => {
    const session = tokens.signSession(
      await tokens.verify(tokens.sign(GRANT), "p_a", NOW),
    );
    await refused(session, "token_invalid", `"aud"`);
  });

  for (const claim of ["tenant", "room", "sub", "permissions", "jti", "exp", "iss", "aud"]) {
    it(`without ${claim}`, async () => {
      const { [claim as keyof typeof CLAIMS]: _, ...rest } = CLAIMS;
      await refused(await forge(rest), "token_invalid", `"${claim}"`);
    });
  }

  for (const text of ["", "x", "a.b.c", "..", "💥.💥.💥", `${btoa("{}")}.${btoa("[]")}.`]) {
    it(`when it is no token at all: ${JSON.stringify(text)}`, async () => {
      await refused(text, "token_invalid", "expected one signed by this service (HS256)");
    });
  }
});

describe("a session", () => {
  async function session(expiresAt = NOW + 60_000): Promise<string> {
    const ticket = await tokens.verify(tokens.sign(GRANT), "p_a", NOW);
    return tokens.signSession({ ...ticket, admission: { ...ticket.admission, expiresAt } });
  }

  it("keeps the id, the ticket and all that the token said", async () => {
    const ticket = await tokens.verify(tokens.sign(GRANT), "p_a", NOW);
    assertEquals(await tokens.verifySession(tokens.signSession(ticket), NOW), ticket);
  });

  it("knows what its room was made with", async () => {
    const ticket = await tokens.verify(tokens.sign(GRANT), "p_a", NOW);
    const topology = { mode: "mesh", epoch: 3 } as const;
    const made = { createdAt: NOW, settings: defaultSettings(), topology };
    const { made: kept } = await tokens.verifySession(tokens.signSession({ ...ticket, made }), NOW);
    assertEquals(kept, made);
  });

  it("outlives its expiry: the room judges that", async () => {
    const { admission } = await tokens.verifySession(await session(NOW - 1_000), NOW);
    assertEquals(admission.expiresAt, NOW - 1_000);
  });

  it("is not a token: session_invalid", async () => {
    const token = tokens.sign(GRANT);
    const error = await assertRejects(() => tokens.verifySession(token, NOW), TokenError, `"aud"`);
    assertEquals(error.code, "session_invalid");
  });

  it("of another secret is refused, also when it has expired", async () => {
    const other = new Tokens(SECRET.replace("0", "1"));
    const text = await session(NOW - 1_000);
    await assertRejects(() => other.verifySession(text, NOW), TokenError, "signature is wrong");
  });
});

describe("tenantFinder", () => {
  const find = tenantFinder([
    { tenant: "acme", secret: "old-secret" },
    { tenant: "acme", secret: "new-secret" },
    { tenant: "globex", secret: "globex-secret" },
  ]);

  it("knows each secret's tenant", () => {
    assertEquals(["old-secret", "new-secret", "globex-secret"].map(find), [
      "acme",
      "acme",
      "globex",
    ]);
  });

  it("knows nobody of another secret, also not of a part of one", () => {
    assertEquals(["", "old", "old-secret ", "acme"].map(find), [
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
  });
});
