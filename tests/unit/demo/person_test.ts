import { assertEquals } from "@std/assert";
import type { Participant } from "../../../client/api.ts";
import { byHand, remarkOf } from "../../../client/demo/people_panel.ts";
import {
  nameOf,
  namesOf,
  personOf,
  type Presence,
  selfOf,
  viewsOf,
} from "../../../client/demo/person.ts";

type Shown = Omit<Participant, "stream" | "screen">;

const ADA: Shown = {
  id: "p_1",
  identity: "ada",
  name: "Ada Lovelace",
  state: "active",
  media: { microphone: true, camera: true, screen: false },
  quality: "good",
  speaking: false,
  connection: "connected",
  paused: false,
  attributes: {},
  permissions: { publish: true, subscribe: true, chat: true, moderate: false },
  metadata: undefined,
};

Deno.test("personOf: in words", () => {
  const cases: [Partial<Shown>, string][] = [
    [{}, "Ada Lovelace, connection good"],
    [
      { media: { microphone: false, camera: false, screen: false }, attributes: { hand: 1 } },
      "Ada Lovelace, microphone off, camera off, hand raised, connection good",
    ],
    [
      { connection: "reconnecting", quality: "lost" },
      "Ada Lovelace, Reconnecting, connection lost",
    ],
    [
      { state: "away", connection: "reconnecting", quality: "unknown" },
      "Ada Lovelace, Lost the connection. Waiting, connection not measured yet",
    ],
  ];
  for (const [change, summary] of cases) {
    assertEquals(personOf({ ...ADA, ...change }).summary, summary);
  }
});

Deno.test("personOf: away comes before the state of the connection", () => {
  const presence = (change: Partial<Shown>) => personOf({ ...ADA, ...change }).presence;
  assertEquals(presence({}), "here");
  assertEquals(presence({ connection: "connecting" }), "connecting");
  assertEquals(presence({ state: "away", connection: "connecting" }), "away");
});

Deno.test("viewsOf: whoever could not be reached stays so until an attempt stands", () => {
  const someone = { ...ADA, connection: "connecting" as Participant["connection"] };
  const view = viewsOf(nameOf);
  const seen: Presence[] = [];
  for (
    const connection of [
      "connecting",
      "failed",
      "reconnecting",
      "failed",
      "connecting",
      "connected",
      "reconnecting",
    ] as const
  ) {
    someone.connection = connection;
    seen.push(view(someone).presence);
  }
  assertEquals(seen, [
    "connecting",
    "failed",
    "failed",
    "failed",
    "failed",
    "here",
    "reconnecting",
  ]);
});

Deno.test("personOf, selfOf: a camera that is paused, not one that is off", () => {
  const off = { ...ADA, media: { ...ADA.media, camera: false } };
  assertEquals(personOf({ ...ADA, paused: true }).presence, "paused");
  assertEquals(personOf({ ...off, paused: true }).presence, "here");
  assertEquals(selfOf(ADA, "Ada", true).presence, "paused");
  assertEquals(selfOf(ADA, "Ada").presence, "here");
});

Deno.test("personOf: whose connection is given up has no picture", () => {
  const pictured = (change: Partial<Shown>) => personOf({ ...ADA, ...change }).pictured;
  assertEquals(pictured({}), true);
  assertEquals(pictured({ connection: "reconnecting" }), true);
  assertEquals(pictured({ connection: "failed" }), false);
  assertEquals(pictured({ state: "away" }), false);
  assertEquals(selfOf(ADA, "Ada", true).pictured, true);
});

Deno.test("personOf: a hand is a time; anything else is none", () => {
  assertEquals(personOf({ ...ADA, attributes: { hand: 17 } }).hand, 17);
  assertEquals(personOf({ ...ADA, attributes: { hand: "yes" } }).hand, undefined);
});

Deno.test("nameOf: the identity where there is no name", () => {
  assertEquals(nameOf({ name: undefined, identity: "ada" }), "ada");
  assertEquals(nameOf({ name: "  ", identity: "ada" }), "ada");
  assertEquals(nameOf({ name: "", identity: "" }), "Guest");
});

Deno.test("namesOf: guests are numbered in the order of joining, for as long as the call lasts", () => {
  const someone = (id: string, name?: string) => ({ id, identity: "", name });
  const name = namesOf([someone("p_1"), someone("p_2", "Ada"), someone("p_3", "Guest")]);
  const named = [
    someone("p_4"),
    someone("p_1"),
    someone("p_5", " "),
    someone("p_3", "Guest"),
    someone("p_2", "Ada"),
    someone("p_4"),
  ].map(name);
  assertEquals(named, ["Guest 3", "Guest", "Guest 4", "Guest 2", "Ada", "Guest 3"]);
});

Deno.test("personOf, selfOf: with the name of this call", () => {
  assertEquals(personOf({ ...ADA, name: "" }, "Guest 2").name, "Guest 2");
  assertEquals(selfOf(ADA, "Guest 2").name, "Guest 2 (you)");
  assertEquals(selfOf(ADA, "Guest 2").initials, "G2");
});

Deno.test("byHand: the first hand first, the others as they came", () => {
  const people = [{ name: "a" }, { name: "b", hand: 20 }, { name: "c", hand: 10 }, { name: "d" }]
    .map((person) => ({ hand: undefined, ...person }));
  assertEquals(byHand(people).map(({ name }) => name), ["c", "b", "a", "d"]);
});

Deno.test("remarkOf: what is out of the ordinary", () => {
  const remark = (change: Partial<Shown>) => remarkOf(personOf({ ...ADA, ...change }));
  const media = (microphone: boolean, camera: boolean) => ({ microphone, camera, screen: false });
  assertEquals(remark({}), "");
  assertEquals(remark({ media: media(false, true) }), "Microphone off");
  assertEquals(remark({ media: media(true, false) }), "Camera off");
  assertEquals(remark({ quality: "lost" }), "Connection lost");
  assertEquals(
    remark({ media: media(false, false), quality: "poor" }),
    "Listening, connection poor",
  );
  assertEquals(remark({ state: "away" }), "Lost the connection. Waiting…");
});
