import { describe, it } from "@std/testing/bdd";
import { ParticipantSession } from "../../../lib/sfu/participant_session.ts";
import type { Sfu, SfuSession } from "../../../lib/sfu/mod.ts";
import { becomes } from "../../helpers/becomes.ts";

describe("a participant's session at an SFU", () => {
  it("is told to be open before anything that the SFU says while it opens", async () => {
    const told: string[] = [];
    const session = { ticket: "t", close: () => Promise.resolve(), release: () => {} };
    const sfu: Pick<Sfu, "load" | "info" | "open"> = {
      load: 0,
      info: { id: "s", region: "local", capacity: 10 } as Sfu["info"],
      open: async (_seat, events) => {
        events.offer({ number: 1, sdp: "v=0", slots: [] });
        await Promise.resolve();
        events.candidate("offer" as never, null as never);
        return session as unknown as SfuSession;
      },
    };
    const asker = {
      room: { tenant: "acme", id: "room" },
      id: "p_ada",
      node: "n1",
      publish: true,
      subscribe: true,
    };
    const one = new ParticipantSession(asker, {
      epoch: 1,
      sfu: sfu as Sfu,
      secret: "s".repeat(32),
      log: () => {},
      tell: (_asker, _epoch, { op }) => void told.push(op),
      over: () => {},
    });
    one.ask({ op: "open" });
    await becomes(() => told, ["opened", "offer", "candidate"]);
  });
});
