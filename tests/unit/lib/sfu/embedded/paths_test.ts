import { assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { Buffer } from "node:buffer";
import { createSocket } from "node:dgram";
import { classes, Message, methods } from "werift";
import { Engine } from "../../../../../lib/sfu/embedded/engine.ts";
import { Feed } from "../../../../../lib/sfu/embedded/feed.ts";
import { LayerSource } from "../../../../../lib/sfu/embedded/layer_source.ts";
import { EMBEDDED } from "../../../../../lib/sfu/embedded/policy.ts";
import type { Format } from "../../../../../lib/sfu/embedded/sdp_read.ts";
import { Transport } from "../../../../../lib/sfu/embedded/transport.ts";
import { bind, sendBy } from "../../../../../lib/sfu/embedded/udp.ts";

/** A format of which nothing is known but its name. */
function format(name: string, clockRate: number): Format {
  return { payloadType: 96, name, clockRate, channels: 1, parameters: "", feedback: [] };
}

const NO_EVENTS = { connected: () => {}, rtp: () => {}, rtcp: () => {}, over: () => {} };

function checkFor({ ufrag, password }: Transport): Uint8Array {
  const message = new Message(methods.BINDING, classes.REQUEST);
  message.setAttribute("USERNAME", `${ufrag}:theirs`);
  message.setAttribute("PRIORITY", 1_234);
  message.setAttribute("ICE-CONTROLLING", 42n);
  message.addMessageIntegrity(Buffer.from(password)).addFingerprint();
  return message.bytes;
}

/** An engine whose clock is put forward by hand, and to whom datagrams come from the ports of one host. */
function engineOf() {
  class Forward extends Engine {
    ahead = 0;
    override readonly now = () => this.ahead;
  }
  const engine = new Forward();
  const answered: number[] = [];
  const send = (_datagram: Uint8Array, port: number) => void answered.push(port);
  const socket = new Proxy(createSocket("udp4"), {
    get: (target, name) => name === "send" ? send : Reflect.get(target, name),
  });
  /** Whose is what comes from `port`. */
  const from = (port: number, datagram: Uint8Array) =>
    engine.receive(datagram, { socket, address: "192.0.2.1", port });
  const connection = async () => {
    const { transport } = await engine.connection(NO_EVENTS);
    const got: number[] = [];
    transport.datagram = ([, port]) => void got.push(port!);
    return { transport, got };
  };
  return { engine, answered, from, connection };
}

const media = (port: number) => Uint8Array.of(0x80, port);

describe("the ways by which a connection comes", () => {
  it("are not taken over by another one while they are in use", async () => {
    const { engine, answered, from, connection } = engineOf();
    const [ada, eve] = [await connection(), await connection()];
    from(1, checkFor(ada.transport));
    from(1, checkFor(eve.transport));
    from(1, media(1));
    assertEquals([ada.got, eve.got, answered], [[1], [], [1]]);
    engine.ahead = EMBEDDED.pathIdleMs - 1;
    from(1, checkFor(ada.transport));
    engine.ahead += EMBEDDED.pathIdleMs - 1;
    from(1, checkFor(eve.transport));
    from(1, media(1));
    assertEquals([ada.got, eve.got], [[1, 1], []]);
    // The same port may come to belong to another one, in time, or once the first is gone.
    engine.ahead += 1;
    from(1, checkFor(eve.transport));
    from(1, media(1));
    assertEquals(eve.got, [1]);
    engine.drop(eve.transport);
    from(1, checkFor(ada.transport));
    from(1, media(1));
    assertEquals(ada.got, [1, 1, 1]);
    await engine.close();
  });

  it("are a few, and the one that was checked least lately goes", async () => {
    const { engine, from, connection } = engineOf();
    const { transport, got } = await connection();
    const ports = Array.from({ length: EMBEDDED.pathsMost }, (_, i) => i + 1);
    for (const port of ports) from(port, checkFor(transport));
    from(1, checkFor(transport));
    from(100, checkFor(transport));
    for (const port of [...ports, 100]) from(port, media(port));
    assertEquals(got, [...ports.filter((port) => port !== 2), 100]);
    await engine.close();
  });

  it("may end without an error", async () => {
    const socket = await bind("127.0.0.1", 0);
    socket.close();
    const path = { socket, address: "127.0.0.1", port: 9 };
    assertEquals(sendBy(path, Uint8Array.of(1)), false);
    const transport = new Transport(NO_EVENTS, () => 0);
    assertEquals(transport.check(checkFor(transport), path), false);
  });
});

describe("a feed", () => {
  it("comes to all of its receivers, also where one of them fails", () => {
    const taken = { codec: "opus" as const, main: format("opus", 48_000) };
    const feed = new Feed("p_ada", "microphone", taken);
    const layer = new LayerSource(taken, undefined, { nack: () => {}, keyframe: () => {} });
    const heard: string[] = [];
    const fail = () => {
      throw new Error("a mistake");
    };
    feed.listeners.add({ packet: fail, clock: fail });
    const packet = () => void heard.push("packet");
    feed.listeners.add({ packet, clock: () => void heard.push("clock") });
    const at = { codec: "main" as const, marker: false, sequence: 1, timestamp: 1 };
    const media = layer.take(at, Uint8Array.of(1), { now: 0, repeated: false })!;
    assertThrows(() => feed.packet(layer, media, 0), Error, "a mistake");
    assertThrows(() => feed.clock(layer, 0), Error, "a mistake");
    assertEquals(heard, ["packet", "clock"]);
  });
});

describe("key frames for receivers", () => {
  /** A camera, of which a packet comes (a key frame, or not), at `clock.now` ms. */
  function camera() {
    const clock = { now: 0 };
    const asked: number[] = [];
    const layer = new LayerSource({ codec: "vp8", main: format("vp8", 90_000) }, undefined, {
      nack: () => {},
      keyframe: () => void asked.push(clock.now),
    });
    layer.ssrc = 1;
    let sequence = 0;
    const send = ({ keyframe }: { keyframe: boolean }) => {
      const { now } = clock;
      const at = { codec: "main" as const, marker: true, sequence: sequence++, timestamp: now };
      layer.take(at, Uint8Array.of(0x10, keyframe ? 0 : 1), { now, repeated: false });
      layer.tick(now);
    };
    return { clock, asked, layer, send };
  }

  it("are asked for at once, and then at most once in a while", () => {
    const { clock, asked, layer, send } = camera();
    // The sender answers every request, and the receivers are never content.
    for (; clock.now < 2.5 * EMBEDDED.keyframeForReceiversMs; clock.now += 10) {
      send({ keyframe: asked.includes(clock.now - 10) });
      layer.wishForReceiver(clock.now);
    }
    const every = EMBEDDED.keyframeForReceiversMs;
    assertEquals(asked, [0, every, 2 * every]);
  });

  it("are asked for later where it was too soon, and nobody says it again", () => {
    const { clock, asked, layer, send } = camera();
    send({ keyframe: false });
    layer.wishForReceiver(0);
    clock.now = 10;
    send({ keyframe: true });
    layer.wishForReceiver(10);
    for (; clock.now < 2 * EMBEDDED.keyframeForReceiversMs; clock.now += 10) {
      send({ keyframe: asked.length === 2 });
    }
    assertEquals(asked, [0, EMBEDDED.keyframeForReceiversMs]);
  });
});
