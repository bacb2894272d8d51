import { assert, assertEquals, assertThrows } from "@std/assert";
import { isParticipants, randomSessionId } from "../../../lib/sfu/janus/ids.ts";
import { Layers } from "../../../lib/sfu/janus/layers.ts";
import { parseMessage } from "../../../lib/sfu/janus/messages.ts";
import { checkPublication, ridOrderOf, slotsOf } from "../../../lib/sfu/janus/sdp.ts";
import { readTicket, writeTicket } from "../../../lib/sfu/janus/ticket.ts";
import { SfuError } from "../../../lib/sfu/mod.ts";

/** A description with these sections: medium, and attributes. */
function sdp(...sections: [media: string, ...attributes: string[]][]): string {
  return "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n" +
    sections.map(([media, ...attributes]) =>
      [`m=${media} 9 UDP/TLS/RTP/SAVPF 96`, ...attributes.map((one) => `a=${one}`), ""].join("\r\n")
    ).join("");
}

Deno.test("Janus's offer says whose each section is, and which of that one's slots", () => {
  const offer = sdp(
    ["audio", "sendonly", "mid:0", "msid:p_a 0"],
    ["video", "inactive", "mid:1", "msid:p_gone 1"],
    ["video", "inactive", "mid:2"],
    ["video", "sendonly", "mid:3", "msid:p_b 3"],
    ["audio", "sendonly", "mid:4", "msid:p_b 4"],
    ["video", "sendonly", "mid:5", "msid:p_a 5"],
    ["video", "sendonly", "mid:6", "msid:p_a 6"],
    ["audio", "sendonly", "mid:7", "msid:p_a 7"],
    ["audio", "sendonly", "mid:8", "msid:p_b 8"],
  );
  assertEquals(
    slotsOf(offer).map(({ mid, participant, kind }) => `${mid} ${participant} ${kind}`),
    [
      "0 p_a microphone",
      "3 p_b camera",
      "4 p_b microphone",
      "5 p_a camera",
      "6 p_a screen",
      "7 p_a screenAudio",
      "8 p_b screenAudio",
    ],
  );
});

Deno.test("the offer of a sending connection has all slots, in order", () => {
  const right = [["audio", "sendonly"], ["video"], ["video", "sendrecv"], ["audio"]] as [string][];
  checkPublication(sdp(...right));
  for (
    const wrong of [
      [],
      right.slice(1),
      [...right, right[0]!],
      right.toReversed().with(0, ["video"]),
      right.with(1, ["video", "inactive"] as unknown as [string]),
      right.with(1, ["video", "recvonly"] as unknown as [string]),
    ]
  ) {
    const error = assertThrows(() => checkPublication(sdp(...wrong)), SfuError);
    assertEquals(error.code, "invalid");
  }
});

Deno.test("the names of layers say in which order they are", () => {
  const order = (simulcast: string) => ridOrderOf(sdp(["audio"], ["video", simulcast]));
  assertEquals(order("simulcast:send h;m;l"), "hml");
  assertEquals(order("simulcast:send l;m;h"), "lmh");
  assertEquals(order("simulcast:send q;h;f"), "lmh");
  assertEquals(order("simulcast:send f;h;q"), "hml");
  assertEquals(order("sendonly"), "hml");
});

Deno.test("Janus is told of layers only what has changed", () => {
  const layers = new Layers("here");
  const camera = (participant: string, mid: string) =>
    ({ participant, mid, kind: "camera" }) as const;
  const slots = [camera("p_a", "1"), camera("p_b", "5")];
  assertEquals(layers.settle(slots), []);
  layers.want({ p_a: "low", p_b: "high", p_c: "off" });
  assertEquals(layers.settle(slots), [{ mid: "1", substream: 0 }]);
  assertEquals(layers.settle(slots), []);
  layers.want({ p_a: "off" });
  assertEquals(layers.settle(slots), [{ mid: "1", send: false }]);
  layers.want({ p_a: "medium" });
  assertEquals(layers.settle(slots), [{ mid: "1", substream: 1, send: true }]);
  // Who comes is treated as was asked, also where somebody else was before.
  assertEquals(layers.settle([camera("p_c", "1"), camera("p_b", "5")]), [{
    mid: "1",
    send: false,
  }]);
  assertEquals(layers.settle(slots), [{ mid: "1", substream: 1 }]);
  layers.forget("p_a");
  assertEquals(layers.settle(slots), [{ mid: "1", substream: 1 }]);
  layers.forgetAll();
  assertEquals(layers.settle(slots), [{ mid: "1", substream: 1 }]);
});

Deno.test("Janus is told of layers what it may have been told otherwise by another node", () => {
  const layers = new Layers("elsewhere");
  const slots = [{ participant: "p_a", mid: "1", kind: "camera" }] as const;
  assertEquals(layers.settle(slots), []);
  layers.want({ p_a: "high" });
  assertEquals(layers.settle(slots), [{ mid: "1", substream: 2, send: true }]);
});

Deno.test("sessions of nodes and of participants can be told apart", () => {
  for (let n = 0; n < 1_000; n++) {
    const [node, participant] = [randomSessionId("control"), randomSessionId("participant")];
    assert(node > 0 && !isParticipants(node));
    assert(Number.isSafeInteger(participant) && isParticipants(participant));
  }
});

Deno.test("a ticket is good for its participant in its room only", () => {
  const ticket = { session: 5_000_000_000, publisher: 7, room: "t/r#1", participant: "p_a" };
  const text = writeTicket(ticket);
  assertEquals(readTicket(text, ticket), ticket);
  for (const other of [{ ...ticket, room: "t/r#2" }, { ...ticket, participant: "p_b" }]) {
    const error = assertThrows(() => readTicket(text, other), SfuError);
    assertEquals(error.code, "session_gone");
  }
});

Deno.test("what is not needed of Janus's messages is passed over, and what is wrong refused", () => {
  assertEquals(parseMessage('{"janus":"slowlink","session_id":1,"sender":2}'), undefined);
  assertEquals(parseMessage('{"janus":"of the future","x":[]}'), undefined);
  assertEquals(parseMessage('{"janus":"ack","transaction":"1"}'), {
    janus: "ack",
    transaction: "1",
  });
  for (const wrong of ["", "[]", "{}", '{"janus":1}', '{"janus":"event","session_id":"1"}']) {
    assertThrows(() => parseMessage(wrong));
  }
});
