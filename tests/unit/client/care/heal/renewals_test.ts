import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import type { ParticipantStats } from "../../../../../client/api.ts";
import { Renewals, type RenewedCall } from "../../../../../client/care/heal/renewals.ts";
import type { IceServer } from "../../../../../lib/protocol.ts";

const TTL_SECONDS = 100;

/** TURN servers whose credentials end then, s since 1970. */
const servers = (end: number): IceServer[] => [
  { urls: ["turn:t"], username: `${end}:p_1`, credential: "x" },
];

const stats = (localCandidateType: string): ParticipantStats => ({
  localCandidateType,
  inbound: [],
  outbound: [],
});

/** An attempt that was begun with these servers. */
function attempt(iceServers: IceServer[]) {
  const pc: Pick<RTCPeerConnection, "getConfiguration"> = {
    getConfiguration: () => ({ iceServers }),
  };
  return { pc: pc as RTCPeerConnection };
}

/** A call that began at 0 with credentials of 100 s; what has been renewed in it. */
function begin(mode: "mesh" | "sfu") {
  const renewed: string[] = [];
  const pair = (id: string) => ({
    shown: attempt(servers(TTL_SECONDS)),
    refresh: () => void renewed.push(id),
  });
  const call = {
    way: { mode, epoch: 1 },
    mesh: {
      pairs: new Map(["a", "b"].map((id) => [id, pair(id)])),
      iceServers: servers(TTL_SECONDS),
    },
    transport: { refresh: () => void renewed.push("all") },
  } satisfies RenewedCall;
  let now = 0;
  const renewals = new Renewals(call, () => now);
  renewals.issued({ iceServers: call.mesh.iceServers, ttlSeconds: TTL_SECONDS });
  return {
    call,
    renewed,
    measure: (at: number, types: Record<string, string>) => {
      now = at;
      renewals.measured(
        Object.fromEntries(Object.entries(types).map(([id, type]) => [id, stats(type)])),
      );
    },
    /** The node issues others, which end then. */
    issue: (at: number, end: number) => {
      now = at;
      call.mesh.iceServers = servers(end);
      renewals.issued({ iceServers: call.mesh.iceServers, ttlSeconds: TTL_SECONDS });
    },
  };
}

describe("Renewals", () => {
  it("make each connection by TURN anew once, when its credentials end soon", () => {
    const { call, renewed, measure, issue } = begin("mesh");
    issue(70_000, 170);
    measure(74_000, { a: "relay", b: "host" });
    assertEquals(renewed, [], "26 of 100 s are left");
    measure(76_000, { a: "relay", b: "host" });
    measure(77_000, { a: "relay", b: "host" });
    assertEquals(renewed, ["a"]);
    call.mesh.pairs.get("a")!.shown = attempt(servers(170));
    measure(90_000, { a: "relay", b: "host" });
    assertEquals(renewed, ["a"], "the new one has new credentials");
  });

  it("wait until there are newer credentials", () => {
    const { renewed, measure, issue } = begin("mesh");
    measure(90_000, { a: "relay" });
    assertEquals(renewed, []);
    issue(91_000, 191);
    measure(92_000, { a: "relay" });
    assertEquals(renewed, ["a"]);
  });

  it("make all of a path by an SFU anew, if anything of it goes by TURN", () => {
    const { renewed, measure, issue } = begin("sfu");
    issue(70_000, 170);
    measure(80_000, { a: "host", b: "host" });
    assertEquals(renewed, []);
    measure(80_000, { a: "host", b: "relay" });
    measure(81_000, { a: "host", b: "relay" });
    assertEquals(renewed, ["all"]);
  });

  it("know that a path of a new topology goes by the servers of its beginning", () => {
    const { call, renewed, measure, issue } = begin("sfu");
    issue(70_000, 170);
    call.way.epoch = 2;
    measure(80_000, { a: "relay" });
    assertEquals(renewed, []);
  });
});
