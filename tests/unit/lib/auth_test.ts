import { Buffer } from "node:buffer";
import { assertEquals, assertFalse, assertStringIncludes, assertThrows } from "@std/assert";
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

/** A part of a token. */
function encoded(part: Record<string, unknown>): string {
  return Buffer.from(JSON.stringify(part)).toString("base64url");
}

function refused(token: string, code: string, says: string): void {
  const error = assertThrows(() => tokens.verify(token, "p_a", NOW), TokenError, says);
  assertEquals(error.code, code);
  assertStringIncludes(error.message, "expected one");
}

describe("a token", () => {
  it("says whom it lets in, where and as what", () => {
    const { room, admission } = tokens.verify(tokens.sign(GRANT), "p_a", NOW);
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
    const { admission } = tokens.verify(await forge(CLAIMS), "p_a", NOW);
    assertEquals(admission.ticket, "t1");
  });

  it("is not of the same ticket as another one", () => {
    const tickets = [1, 2].map(() => {
      const { admission } = tokens.verify(tokens.sign(GRANT), "p_a", NOW);
      return admission.ticket;
    });
    assertFalse(tickets[0] === tickets[1]);
  });

  it("lives to the last ms before its expiry", () => {
    tokens.verify(tokens.sign(GRANT), "p_a", NOW + 59_999);
  });
});

describe("a token is refused", () => {
  it("when it has expired", () => {
    const token = tokens.sign({ ...GRANT, expiresAt: NOW });
    refused(token, "token_expired", "expired at 2027-01-15T08:00:00.000Z");
  });

  it("with alg none", () => {
    const token = new UnsecuredJWT(CLAIMS).encode();
    refused(token, "token_invalid", "signature is required");
  });

  it("with alg none beside a signature", () => {
    const token = new UnsecuredJWT(CLAIMS).encode();
    const [, , signature] = tokens.sign(GRANT).split(".");
    refused(token + signature, "token_invalid", "invalid algorithm");
  });

  it("with alg none in other letters", () => {
    const token = `${encoded({ alg: "NoNe" })}.${encoded(CLAIMS)}.`;
    refused(token, "token_invalid", "signature is required");
  });

  it("with the right alg in a list", () => {
    const token = `${encoded({ alg: ["HS256"] })}.${encoded(CLAIMS)}.AA`;
    refused(token, "token_invalid", "invalid algorithm");
  });

  it("with alg HS512, though the secret is right", async () => {
    refused(await forge(CLAIMS, { alg: "HS512" }), "token_invalid", "algorithm");
  });

  it("with another secret", async () => {
    const token = await forge(CLAIMS, { secret: SECRET.replace("0", "1") });
    refused(token, "token_invalid", "invalid signature");
  });

  it("with claims that were changed after it was signed", () => {
    const [header, , signature] = tokens.sign(GRANT).split(".");
    const payload = encoded({ ...CLAIMS, room: "other" });
    refused(`${header}.${payload}.${signature}`, "token_invalid", "invalid signature");
  });

  it("for another audience", async () => {
    refused(await forge({ ...CLAIMS, aud: "admin" }), "token_invalid", `"aud"`);
  });

  it("of another issuer", async () => {
    refused(await forge({ ...CLAIMS, iss: "evil" }), "token_invalid", `"iss"`);
  });

  it("when it is a session", () => {
    const session = tokens.signSession(
      tokens.verify(tokens.sign(GRANT), "p_a", NOW),
    );
    refused(session, "token_invalid", `"aud"`);
  });

  for (const claim of ["tenant", "room", "sub", "permissions", "jti", "exp", "iss", "aud"]) {
    it(`without ${claim}`, async () => {
      const { [claim as keyof typeof CLAIMS]: _, ...rest } = CLAIMS;
      refused(await forge(rest), "token_invalid", `"${claim}"`);
    });
  }

  const typed = encoded({ alg: "HS256", typ: "JWT" });
  for (
    const text of ["", "x", "a.b.c", "..", "💥.💥.💥", "e30.W10.", "e30.W10.AA", `${typed}.AA.AA`]
  ) {
    it(`when it is no token at all: ${JSON.stringify(text)}`, () => {
      refused(text, "token_invalid", "expected one signed by this service (HS256)");
    });
  }
});

describe("a session", () => {
  function session(expiresAt = NOW + 60_000): string {
    const ticket = tokens.verify(tokens.sign(GRANT), "p_a", NOW);
    return tokens.signSession({ ...ticket, admission: { ...ticket.admission, expiresAt } });
  }

  it("keeps the id, the ticket and all that the token said", () => {
    const ticket = tokens.verify(tokens.sign(GRANT), "p_a", NOW);
    assertEquals(tokens.verifySession(tokens.signSession(ticket)), ticket);
  });

  it("knows what its room was made with", () => {
    const ticket = tokens.verify(tokens.sign(GRANT), "p_a", NOW);
    const topology = { mode: "mesh", epoch: 3 } as const;
    const made = { createdAt: NOW, settings: defaultSettings(), topology };
    const { made: kept } = tokens.verifySession(tokens.signSession({ ...ticket, made }));
    assertEquals(kept, made);
  });

  it("outlives its expiry: the room judges that", () => {
    const { admission } = tokens.verifySession(session(NOW - 1_000));
    assertEquals(admission.expiresAt, NOW - 1_000);
  });

  it("is not a token: session_invalid", () => {
    const token = tokens.sign(GRANT);
    const error = assertThrows(() => tokens.verifySession(token), TokenError, `"aud"`);
    assertEquals(error.code, "session_invalid");
  });

  it("of another secret is refused, also when it has expired", () => {
    const other = new Tokens(SECRET.replace("0", "1"));
    const text = session(NOW - 1_000);
    assertThrows(() => other.verifySession(text), TokenError, "invalid signature");
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
