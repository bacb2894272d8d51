import { assert, assertEquals, assertNotEquals, assertRejects } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { type CodeFrame, fingerprintOf, Handshake } from "../../../../client/code/handshake.ts";
import { WORDS } from "../../../../client/code/words.ts";

const ADA = `sha-256 ${"aa:".repeat(31)}aa`;
const BOB = `sha-256 ${"bb:".repeat(31)}bb`;
const EVE = `sha-256 ${"ee:".repeat(31)}ee`;

/** What becomes of a frame on its way; `undefined`: it is lost. */
type Wire = (frame: CodeFrame) => CodeFrame | undefined;

/** Ada, who initiates, and Bob, with the certificates that each has seen and what lies between them. */
function connect(
  { bySight = [BOB, ADA], wires = [(frame) => frame, (frame) => frame] }: {
    bySight?: [byAda: string, byBob: string];
    wires?: [toBob: Wire, toAda: Wire];
  } = {},
): { ada: Handshake; bob: Handshake; settled(): Promise<void> } {
  const queue: [to: () => Handshake, frame: CodeFrame][] = [];
  const carry = (to: () => Handshake, wire: Wire) => (frame: CodeFrame) => {
    const arrived = wire(frame);
    if (arrived !== undefined) queue.push([to, arrived]);
  };
  const ada: Handshake = new Handshake({
    initiator: true,
    fingerprints: { own: ADA, other: bySight[0] },
    send: carry(() => bob, wires[0]),
  });
  const bob: Handshake = new Handshake({
    initiator: false,
    fingerprints: { own: BOB, other: bySight[1] },
    send: carry(() => ada, wires[1]),
  });
  return {
    ada,
    bob,
    async settled() {
      for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
        await next[0]().handle({ ...next[1] });
      }
    },
  };
}

const NONE = Symbol("no code");

/** The code, if there is one by now. */
const codeOf = (handshake: Handshake) => Promise.race([handshake.code, Promise.resolve(NONE)]);

describe("a short code", () => {
  for (const first of ["ada", "bob"] as const) {
    it(`is the same four words for both, ${first} having asked first`, async () => {
      const ends = connect();
      await ends[first].begin();
      await ends.settled();
      const code = await ends.ada.code;
      assertEquals(await ends.bob.code, code);
      assertEquals(code.split(" ").filter((word) => WORDS.includes(word)).length, 4);
    });
  }

  it("is another in every call", async () => {
    const codes = new Set<string>();
    for (let n = 0; n < 20; n++) {
      const ends = connect();
      await ends.ada.begin();
      await ends.settled();
      codes.add(await ends.ada.code);
    }
    assertEquals(codes.size, 20);
  });

  it("is what docs/protocol.md says", async () => {
    const nonces = ["1".repeat(64), "2".repeat(64)] as const;
    const said: CodeFrame[] = [];
    const bob = new Handshake({
      initiator: false,
      fingerprints: { own: BOB, other: ADA },
      send: (frame) => said.push(frame),
      nonce: nonces[1],
    });
    const hash = await sha256(nonces[0]);
    await bob.handle({ type: "code", step: "commit", hash });
    await bob.handle({ type: "code", step: "reveal", nonce: nonces[0] });
    assertEquals(said, [{ type: "code", step: "nonce", nonce: nonces[1] }]);
    const digest = await sha256(["meshlift short code 1", ADA, BOB, ...nonces].join("\n"));
    const words = [0, 2, 4, 6].map((at) => WORDS[parseInt(digest.slice(at, at + 2), 16)]);
    assertEquals(await bob.code, words.join(" "));
  });

  it("comes although steps are lost and said again", async () => {
    const lost = new Set<string>();
    const onceLost: Wire = (frame) => {
      if (lost.has(frame.step)) return frame;
      lost.add(frame.step);
      return undefined;
    };
    const ends = connect({ wires: [onceLost, onceLost] });
    for (let round = 0; round < 5; round++) {
      await ends.bob.begin();
      await ends.settled();
    }
    assertEquals(await ends.bob.code, await ends.ada.code);
  });

  it("comes although what was to be sent could not be", async () => {
    let full = true;
    const ends = connect({
      wires: [(frame) => frame, (frame) => {
        if (!full) return frame;
        full = false;
        throw new Error("the queue is full");
      }],
    });
    await ends.ada.begin();
    await assertRejects(() => ends.settled(), Error, "the queue is full");
    await ends.ada.begin();
    await ends.settled();
    assertEquals(await ends.bob.code, await ends.ada.code);
  });

  it("differs where somebody sits between the two and passes on what they say", async () => {
    const ends = connect({ bySight: [EVE, EVE] });
    await ends.ada.begin();
    await ends.settled();
    assertNotEquals(await ends.ada.code, await ends.bob.code);
  });

  it("never comes to one who was told another number than was committed to", async () => {
    const ends = connect({
      wires: [
        (frame) => frame.step === "reveal" ? { ...frame, nonce: "0".repeat(64) } : frame,
        (frame) => frame,
      ],
    });
    await ends.ada.begin();
    await ends.settled();
    assertEquals(await codeOf(ends.bob), NONE);
  });

  it("hears only the first commitment, so that none can be tried after the number is known", async () => {
    const said: CodeFrame[] = [];
    const bob = new Handshake({
      initiator: false,
      fingerprints: { own: BOB, other: EVE },
      send: (frame) => said.push(frame),
    });
    await bob.handle({ type: "code", step: "commit", hash: await sha256("1".repeat(64)) });
    await bob.handle({ type: "code", step: "commit", hash: await sha256("2".repeat(64)) });
    await bob.handle({ type: "code", step: "reveal", nonce: "2".repeat(64) });
    assertEquals(said.length, 1);
    assertEquals(await codeOf(bob), NONE);
  });

  it("hears only the first number, so that none can be tried after its own is revealed", async () => {
    const said: CodeFrame[] = [];
    const ada = new Handshake({
      initiator: true,
      fingerprints: { own: ADA, other: EVE },
      send: (frame) => said.push(frame),
    });
    await ada.handle({ type: "code", step: "nonce", nonce: "1".repeat(64) });
    const code = await ada.code;
    await ada.handle({ type: "code", step: "nonce", nonce: "2".repeat(64) });
    assertEquals(said.length, 1);
    assertEquals(await ada.code, code);
  });

  it("tells nothing of its own number before the other is bound", async () => {
    const said: CodeFrame[] = [];
    const bob = new Handshake({
      initiator: false,
      fingerprints: { own: BOB, other: EVE },
      send: (frame) => said.push(frame),
    });
    for (const hash of [undefined, "", 5, "f".repeat(63), "F".repeat(64), {}]) {
      await bob.handle({ type: "code", step: "commit", hash });
    }
    await bob.handle({ type: "code", step: "reveal", nonce: "1".repeat(64) });
    await bob.handle({ type: "code", step: "nonce", nonce: "1".repeat(64) });
    assertEquals(said, []);
  });
});

describe("a fingerprint", () => {
  const line = (print: string) => `a=fingerprint:${print}\r\n`;

  it("is that of all sections, however it is written", () => {
    assertEquals(fingerprintOf(line(ADA) + "m=audio\r\n" + line(ADA.toUpperCase())), ADA);
  });

  it("is none where there are several, or none", () => {
    assertEquals(fingerprintOf(line(ADA) + line(BOB)), undefined);
    assertEquals(fingerprintOf("v=0\r\n"), undefined);
    assertEquals(fingerprintOf(undefined), undefined);
  });
});

describe("the words", () => {
  it("are 256, one for each byte", () => {
    assertEquals(new Set(WORDS).size, 256);
    assertEquals(WORDS.length, 256);
  });

  it("are easy to tell apart", () => {
    assert(WORDS.every((word) => /^[a-z]{4,9}$/.test(word)));
    assertEquals(new Set(WORDS.map((word) => word.slice(0, 4))).size, 256);
    for (const [at, word] of WORDS.entries()) {
      for (const other of WORDS.slice(at + 1)) {
        assert(distance(word, other) >= 3, `${word}, ${other}`);
      }
    }
  });
});

async function sha256(text: string): Promise<string> {
  const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return Array.from(new Uint8Array(hash), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** How many letters to put in, take out or change to make one of the other (Levenshtein). */
function distance(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, at) => at);
  for (let i = 1; i <= one.length; i++) {
    const next = [i];
    for (let j = 1; j <= other.length; j++) {
      const change = row[j - 1]! + (one[i - 1] === other[j - 1] ? 0 : 1);
      next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, change));
    }
    row = next;
  }
  return row[other.length]!;
}
