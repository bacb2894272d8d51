import { assert, assertEquals, assertRejects } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { becomes } from "../helpers/becomes.ts";
import { PORTS, PUBLIC } from "./addresses.ts";
import { linesOf } from "../helpers/lines.ts";
import type { Host } from "./host.ts";
import { Lab } from "./lab.ts";
import { run } from "./namespace.ts";

/** In a host: how long each of several connections to the public part took, one after the other. */
const KNOCK = `
  const [hostname, port, count] = Deno.args;
  const times = [];
  for (let i = 0; i < count; i++) {
    const began = performance.now();
    const late = new Promise((resolve) => setTimeout(resolve, 500));
    const connected = Deno.connect({ hostname, port: Number(port) }).then(() => true, () => false);
    if (await Promise.race([connected, late])) times.push(performance.now() - began);
  }
  console.log(JSON.stringify(times));
  Deno.exit(0);
`;

/** How long connections from a host to the public part took, in ms; those that took longer than 500 are missing. */
async function knocks(host: Host, count: number): Promise<number[]> {
  const program: [string, ...string[]] = [Deno.execPath(), "eval", KNOCK];
  const to = [PUBLIC.v4, String(PORTS.pages), String(count)];
  return JSON.parse(await host.namespace.run([...program, ...to]));
}

describe("the lab", () => {
  it("has hosts reach the public part, with the delay that was asked for", async () => {
    await using lab = await Lab.up({
      hosts: { ada: { nat: "cone", uplink: { delay: 40 }, downlink: { delay: 20 } } },
      turn: [],
    });
    const times = await knocks(lab.host("ada"), 10);
    assertEquals(times.length, 10);
    assert(Math.min(...times) >= 60 && Math.min(...times) < 70, `${times} ms, expected 60`);
  });

  it("cuts a host off and lets it back", async () => {
    await using lab = await Lab.up({ hosts: { ada: "routed" }, turn: [] });
    const ada = lab.host("ada");
    await ada.cut();
    assertEquals(await knocks(ada, 3), []);
    const { uplink } = await ada.counters();
    assert(uplink.lost >= 3, `${uplink.lost} packets were lost, expected 3`);
    await ada.restore();
    assertEquals((await knocks(ada, 3)).length, 3);
  });

  it("moves a host from one network to another, and back with an address that it did not have", async () => {
    await using lab = await Lab.up({
      hosts: { ada: { wifi: { nat: "cone" }, mobile: { nat: "symmetric" } } },
      turn: [],
    });
    const ada = lab.host("ada");
    const devices = () => ada.namespace.run(["sh", "-c", "ls /sys/class/net"]);
    const first = ada.address;
    assertEquals(await devices(), "lo\nwifi\n");
    await ada.move("mobile");
    assertEquals([await devices(), (await knocks(ada, 1)).length], ["lo\nmobile\n", 1]);
    await ada.move("wifi");
    assertEquals([await devices(), (await knocks(ada, 1)).length], ["lo\nwifi\n", 1]);
    assert(ada.address !== first, `${ada.address} was there before`);
  });

  it("keeps two labs apart, and leaves nothing behind when a test fails", async () => {
    const tags: string[] = [];
    await assertRejects(
      async () => {
        await using one = await Lab.up({ hosts: { ada: "cone" }, turn: [] });
        await using two = await Lab.up({ hosts: { ada: "cone" }, turn: [] });
        tags.push(one.tag, two.tag);
        await one.host("ada").cut();
        assertEquals((await knocks(two.host("ada"), 1)).length, 1);
        throw new Error("the test fails");
      },
      Error,
      "the test fails",
    );
    const left = await run("ip", ["netns"]);
    assertEquals(tags.filter((tag) => left.includes(tag)), []);
  });

  it("leaves nothing behind when the test is killed", async () => {
    const lab = new URL("lab.ts", import.meta.url);
    const program = `
      const { Lab } = await import("${lab}");
      const lab = await Lab.up({ hosts: { ada: "cone" }, turn: [] });
      console.log(lab.tag);
    `;
    const test = new Deno.Command(Deno.execPath(), {
      args: ["eval", program],
      stdout: "piped",
    }).spawn();
    const output = linesOf(test.stdout);
    const { value: tag } = await output.next();
    test.kill("SIGKILL");
    await test.status;
    await becomes(async () => (await run("ip", ["netns"])).includes(tag!), false);
    for await (const _ of output);
  });

  it("tells what is wrong with a name or a value", async () => {
    await using lab = await Lab.up({ hosts: { ada: "cone" }, turn: [] });
    const ada = lab.host("ada");
    await assertRejects(() => ada.uplink({ loss: 200 }), RangeError, "loss is 200");
    await assertRejects(() => ada.move("mobile"), Error, 'to "mobile": expected of net');
  });

  it("has a node that the test reaches through the door, and that can be killed and started again", async () => {
    await using lab = await Lab.up({ hosts: {}, turn: [] });
    const [node] = lab.nodes;
    const ready = () =>
      fetch(`${node!.url}/healthz`).then(async (answer) => {
        await answer.body?.cancel();
        return answer.status;
      }, () => "refused");
    assertEquals(await ready(), 200);
    await node!.kill();
    assertEquals(await ready(), "refused");
    await node!.start();
    assertEquals(await ready(), 200);
  });

  it("has several nodes that share their rooms", async () => {
    await using lab = await Lab.up({ hosts: {}, turn: [], nodes: 2 });
    const [one, other] = lab.nodes;
    const { id } = await one!.api.makeRoom();
    assertEquals((await other!.api.listRooms()).rooms.map((room) => room.id), [id]);
  });
});
