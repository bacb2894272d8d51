import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { Buffer } from "node:buffer";
import { classes, Message, methods, parseMessage } from "werift";
import {
  addressBytes,
  checkAnswer,
  isAuthentic,
  readCheck,
} from "../../../../../lib/sfu/embedded/stun.ts";

const password = "the password of this side";

function request({ nominates = false, secret = password } = {}): Uint8Array {
  const message = new Message(methods.BINDING, classes.REQUEST);
  message.setAttribute("USERNAME", "ours:theirs");
  message.setAttribute("PRIORITY", 1_234);
  message.setAttribute("ICE-CONTROLLING", 42n);
  if (nominates) message.setAttribute("USE-CANDIDATE", null);
  message.addMessageIntegrity(Buffer.from(secret)).addFingerprint();
  return message.bytes;
}

describe("connectivity checks", () => {
  it("are read as another implementation writes them", () => {
    const check = readCheck(request({ nominates: true }))!;
    assertEquals([check.username, check.nominates], ["ours", true]);
    assertEquals(readCheck(request())!.nominates, false);
    assert(isAuthentic(check, password));
  });

  it("of someone who does not know the password are not authentic", () => {
    assertEquals(isAuthentic(readCheck(request({ secret: "another" }))!, password), false);
    const changed = request();
    changed[25]! ^= 1;
    assertEquals(isAuthentic(readCheck(changed)!, password), false);
  });

  it("are no checks where something is missing", () => {
    const whole = request();
    for (let length = 0; length < whole.length; length++) {
      assertEquals(readCheck(whole.subarray(0, length)), undefined, `${length} bytes`);
    }
    const message = new Message(methods.BINDING, classes.REQUEST);
    assertEquals(readCheck(message.bytes), undefined);
  });

  for (const address of ["192.0.2.33", "2001:db8::12:ab", "::1", "fe80::1%eth0"]) {
    it(`from ${address} are answered as another implementation reads it`, () => {
      const check = readCheck(request())!;
      const answer = Buffer.from(checkAnswer(check, { address, port: 54_321, password }));
      const read = parseMessage(answer, Buffer.from(password))!;
      assertEquals(read.messageClass, classes.RESPONSE);
      assertEquals(read.transactionIdHex, Buffer.from(check.transaction).toString("hex"));
      const [host, port] = read.getAttributeValue("XOR-MAPPED-ADDRESS") as [string, number];
      assertEquals(port, 54_321);
      assertEquals(addressBytes(host), addressBytes(address));
    });
  }
});
