import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { type Closing, judgeClose } from "../../../client/close_verdict.ts";
import { CLOSE, type ErrorCode } from "../../../lib/codes.ts";

const said = (code: ErrorCode): Closing["refusal"] => ({ type: "error", code, message: "m" });
const cut: Closing = { code: 1006, refusal: undefined, isResuming: false, hasJoined: true };

describe("judgeClose", () => {
  const cases: [string, Partial<Closing>, string][] = [
    ["a cut", {}, "back"],
    ["a cut before the first welcome", { hasJoined: false }, "back"],
    ["a socket that was given up", { code: 0 }, "back"],
    ["a node that drains", { code: 1012, refusal: said("draining") }, "back"],
    ["a session that the node no longer knows", {
      code: CLOSE.refused,
      refusal: said("session_invalid"),
      isResuming: true,
    }, "anew"],
    ["a token that has run out since", {
      code: CLOSE.refused,
      refusal: said("token_expired"),
      isResuming: true,
    }, "anew"],
    ["a refusal without a word to who resumes", { code: CLOSE.refused, isResuming: true }, "anew"],
    ["a token that is refused", { code: CLOSE.refused }, "token_invalid"],
    ["a removal", { code: CLOSE.removed, refusal: said("removed") }, "removed"],
    ["a removal while it resumes", { code: CLOSE.removed, isResuming: true }, "removed"],
    ["a full room for who comes", {
      code: 1013,
      refusal: said("room_full"),
      hasJoined: false,
    }, "room_full"],
    ["a full room for who comes back", { code: 1013, refusal: said("room_full") }, "back"],
  ];
  for (const [what, closing, expected] of cases) {
    it(`takes ${what} for: ${expected}`, () => {
      const verdict = judgeClose({ ...cut, ...closing });
      assertEquals(verdict instanceof Error ? verdict.code : verdict, expected);
    });
  }
});
