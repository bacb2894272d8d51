import { assert, assertEquals } from "@std/assert";
import { afterAll, beforeAll, describe, it } from "@std/testing/bdd";
import { decodesMore, framesOf, perceives, sees } from "../e2e/call_page.ts";
import { waitFor } from "../helpers/browser.ts";
import { isRelayed } from "./paths.ts";
import type { LabNode } from "./public/node.ts";
import { type TurnTransport, turnUrls } from "./public/turn.ts";
import { Stage, type StagedCall } from "./stage.ts";

/** Nobody is there. */
const NO_TURN = "turn:198.51.100.9:3478?transport=udp,turn:198.51.100.9:3478?transport=tcp";

/** Three of whom two can meet each other at a TURN server only. */
const THREE = ["symmetric1", "symmetric2", "routed"];

/** Resolves when each of two decodes more of the other. */
async function goesOn(call: StagedCall): Promise<void> {
  const [one, other] = [...call.pages.keys()] as [string, string];
  await Promise.all([[one, other], [other, one]].map(async ([here, there]) => {
    const page = call.page(here!);
    await decodesMore(page, there!, await framesOf(page, there!));
  }));
}

describe("TURN", () => {
  let stage: Stage;
  const transports: Partial<Record<TurnTransport, LabNode>> = {};
  let away: LabNode;
  let awayWithSfu: LabNode;

  beforeAll(async () => {
    stage = await Stage.set({
      hosts: {
        routed: "routed",
        cone1: "cone",
        cone2: "cone",
        symmetric1: "symmetric",
        symmetric2: "symmetric",
        blocked1: "udp_blocked",
        blocked2: "udp_blocked",
      },
    });
    const { lab } = stage;
    transports.udp = lab.nodes[0]!;
    for (const transport of ["tcp", "tls"] as const) {
      transports[transport] = await lab.addNode({ TURN_URLS: turnUrls([transport]) });
    }
    away = await lab.addNode({ TURN_URLS: NO_TURN });
    awayWithSfu = await lab.addNode({ TURN_URLS: NO_TURN, SFU_URLS: "embedded:" });
  });
  afterAll(() => stage[Symbol.asyncDispose]());

  for (const transport of ["udp", "tcp", "tls"] as const) {
    const hosts = transport === "udp" ? ["symmetric1", "symmetric2"] : ["blocked1", "blocked2"];
    it(`carries a call over ${transport}`, async () => {
      await using call = await stage.call(hosts, { node: transports[transport] });
      await call.stands("mesh");
      const paths = await call.paths("mesh");
      const used = paths.flatMap(({ relayProtocol }) => relayProtocol ?? []);
      assert(used.length > 0, JSON.stringify(paths));
      assertEquals([...new Set(used)], [transport]);
    });
  }

  it("that is away keeps nobody from meeting who can without", async () => {
    for (const hosts of [["cone1", "cone2"], ["routed", "symmetric1"]]) {
      await using call = await stage.call(hosts, { node: away });
      await call.stands("mesh");
      assertEquals((await call.paths("mesh")).some(isRelayed), false);
    }
  });

  it("that is away has a call lifted to an SFU of whose three two cannot meet", async () => {
    await using call = await stage.call(THREE, { mode: "auto", node: awayWithSfu });
    await Promise.all(
      THREE.map((host) => sees(call.page(host), "topology sfu unconnected", 30_000)),
    );
    await call.stands("sfu");
  });

  it("that is away is told to those two where there is no SFU, and the third one goes on with both", async () => {
    await using call = await stage.call(THREE, { mode: "auto", node: away });
    const [one, other, third] = THREE as [string, string, string];
    await Promise.all([one, other].map((host) => sees(call.page(host), "warning no_path", 30_000)));
    await waitFor(call.page(one), () =>
      [...globalThis.call.participants.values()]
        .map(({ identity, connection }) => `${identity} ${connection}`)
        .sort().join() === "routed connected,symmetric2 failed");
    await perceives(call.page(third), [one, other]);
    await Promise.all([one, other].map((host) => perceives(call.page(host), [third])));
  });

  it("that is gone, and STUN with it, keeps nobody from meeting whose address is not translated", async () => {
    await using later = new AsyncDisposableStack();
    later.defer(() => stage.lab.turn!.start());
    await stage.lab.turn!.kill();
    await using call = await stage.call(["routed", "symmetric1"]);
    await call.stands("mesh");
  });

  it("killed in the middle of calls ends none that is direct, and back again takes up those that it carried", async () => {
    await using direct = await stage.call(["cone1", "cone2"]);
    await using relayed = await stage.call(["symmetric1", "blocked1"]);
    await Promise.all([direct.stands("mesh"), relayed.stands("mesh")]);
    await stage.lab.turn!.kill();
    await goesOn(direct);
    await stage.lab.turn!.start();
    await goesOn(direct);
    await relayed.stands("mesh");
    await goesOn(relayed);
    assertEquals((await relayed.paths("mesh")).every(isRelayed), true);
  });
});
