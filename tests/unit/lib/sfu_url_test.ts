import { assertEquals, assertThrows } from "@std/assert";
import { parseSfuUrls, SfuUrlError } from "../../../lib/sfu/url.ts";

const DEFAULTS = { region: "eu", embeddedId: "embedded" };

Deno.test("SFU_URLS: nothing but a scheme is enough for the embedded one", () => {
  assertEquals(parseSfuUrls("embedded:", DEFAULTS), [
    { kind: "embedded", info: { id: "embedded", region: "eu", capacity: 50 } },
  ]);
});

Deno.test("SFU_URLS: a parameter that is empty is none", () => {
  const [url] = parseSfuUrls("janus+ws://a:1?region=&secret=&capacity=", DEFAULTS);
  assertEquals(url, {
    kind: "janus",
    info: { id: "a:1", region: "eu", capacity: 200 },
    url: "ws://a:1/",
  });
});

Deno.test("SFU_URLS: items are separated by commas, and have parameters", () => {
  const text = "embedded:?region=us&capacity=8&id=mine&address=192.0.2.1&ports=40000-40100," +
    " janus+ws://sfu.example:8188/?region=asia&capacity=300&secret=s%2C1&adminKey=k" +
    "&admin=ws%3A%2F%2Fsfu.example%3A7188&adminSecret=a&token=t&probe=https%3A%2F%2Fsfu.example%2F";
  assertEquals(parseSfuUrls(text, DEFAULTS), [
    {
      kind: "embedded",
      info: { id: "mine", region: "us", capacity: 8 },
      address: "192.0.2.1",
      ports: { from: 40_000, to: 40_100 },
    },
    {
      kind: "janus",
      info: {
        id: "sfu.example:8188",
        region: "asia",
        capacity: 300,
        probe: "https://sfu.example/",
      },
      url: "ws://sfu.example:8188/",
      secret: "s,1",
      token: "t",
      adminKey: "k",
      admin: { url: "ws://sfu.example:7188", secret: "a" },
    },
  ]);
});

Deno.test("SFU_URLS: a Janus is named after where it is", () => {
  const ids = (text: string) => parseSfuUrls(text, DEFAULTS).map(({ info }) => info.id);
  assertEquals(
    ids("janus+ws://a:8188/, janus+wss://b/janus, janus+ws://[2001:db8::1]:8188"),
    ["a:8188", "b", "2001:db8::1:8188"],
  );
});

for (
  const [text, message] of [
    [
      "livekit+https://sfu.example?secret=s3cret",
      'SFU_URLS held "livekit+https://sfu.example?***"; expected embedded:, janus+ws://host:port/ or janus+wss://host:port/ (nothing else is supported in this version), or none alone',
    ],
    [
      "nonsense",
      'SFU_URLS held "nonsense"; expected embedded:, janus+ws://host:port/ or janus+wss://host:port/ (nothing else is supported in this version), or none alone',
    ],
    [
      "janus+ws://us:s3cret@host:8188",
      'SFU_URLS held "janus+ws://***@host:8188"; expected janus+ws://host:port/?parameters',
    ],
    [
      "janus+ws://host:8188?s3cret=1",
      'SFU_URLS held "janus+ws://host:8188?***"; expected no parameters but id, region, capacity, probe, secret, token, tokenSecret, adminKey, admin, adminSecret',
    ],
    [
      "janus+ws://host?token=s3cret&tokenSecret=s3cret",
      'SFU_URLS held "janus+ws://host?***"; expected either token or tokenSecret',
    ],
    [
      "janus+ws://host?capacity=0&secret=s3cret",
      'SFU_URLS held "janus+ws://host?***"; expected capacity=<participants, 1 to 100000>',
    ],
    [
      "janus+ws://host?adminSecret=s3cret",
      'SFU_URLS held "janus+ws://host?***"; expected admin=<where its admin API is> beside adminSecret',
    ],
    [
      "janus+ws://host?admin=http%3A%2F%2Fhost",
      'SFU_URLS held "janus+ws://host?***"; expected admin=<ws://host:port or wss://host:port, percent-encoded>',
    ],
    [
      "embedded:?region=a b",
      'SFU_URLS held "embedded:?***"; expected region=<1 to 32 letters, digits, _ or ->',
    ],
    [
      "embedded:?id=a/b",
      'SFU_URLS held "embedded:?***"; expected id=<1 to 64 letters, digits or characters of ._:->',
    ],
    [
      "embedded:?ports=9-1",
      'SFU_URLS held "embedded:?***"; expected ports=<first>-<last>, of 1 to 65535',
    ],
    [
      "embedded:?probe=ws%3A%2F%2Fhost",
      'SFU_URLS held "embedded:?***"; expected probe=<an http or https URL, percent-encoded>',
    ],
    [
      "embedded://host",
      'SFU_URLS held "embedded://host"; expected nothing but parameters after embedded:',
    ],
    [
      "janus+ws://a:1,janus+ws://a:1",
      'SFU_URLS held "janus+ws://a:1"; expected another id than "a:1", which an item before it has',
    ],
  ] as const
) {
  Deno.test(`SFU_URLS: ${text.replaceAll(/[^a-z0-9+:]/gi, " ")}: what is expected`, () => {
    const error = assertThrows(() => parseSfuUrls(text, DEFAULTS), SfuUrlError);
    assertEquals(error.message, `Cannot start: ${message}`);
  });
}
