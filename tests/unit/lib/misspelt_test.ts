import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { misspeltVariables } from "../../../lib/config.ts";

/** Each variable, and what it says was meant; `undefined`: it is not known what, `false`: it is none of ours. */
const VARIABLES: [name: string, meant: string | undefined | false][] = [
  ["TURN_URL", "TURN_URLS"],
  ["ALOWED_ORIGIN", "ALLOWED_ORIGINS"],
  ["turn_urls", "TURN_URLS"],
  ["SFU_URL", "SFU_URLS"],
  ["API_KEY", "API_KEYS"],
  ["PORTS", "PORT"],
  ["UPSTASH_REDIS_URL", undefined],
  ["REDIS_URL", undefined],
  ["TURN_PASSWORD", undefined],
  ["STUN_SERVER", undefined],
  ["TURN_URLS", false],
  ["HOME", false],
  ["PATH", false],
  ["HOSTNAME", false],
  ["AWS_REGION", false],
  ["REDIS_SERVICE_HOST", false],
  ["REDIS_PORT", false],
  ["SFU_PORT_8188_TCP_ADDR", false],
];

describe("misspeltVariables", () => {
  for (const [name, meant] of VARIABLES) {
    const says = meant === false ? "says nothing of" : meant ? `takes for ${meant}` : "doubts";
    it(`${says} ${name}`, () => {
      const expected = meant === false ? [] : [meant ? { name, meant } : { name }];
      assertEquals(misspeltVariables({ [name]: "hunter2hunter2" }), expected);
    });
  }
});
