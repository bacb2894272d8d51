import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { type AttendedCall, Participants } from "../../../client/participants.ts";
import type { Remote } from "../../../client/remote.ts";

/** Somebody with one track to show. */
const someone = (id: string) =>
  ({
    id,
    permissions: { subscribe: true },
    connection: "connecting",
    shows: -1,
    show: () => [{ kind: "camera", track: null }],
    clear: () => {},
  }) as unknown as Remote;

interface Begin {
  mode?: "mesh" | "sfu";
  isSwitched?: boolean;
  state?: "connected" | "closed";
}

/** A call with ada in it, and a note of what its parts are told, in order. */
function begin({ mode = "mesh", isSwitched = false, state = "connected" }: Begin = {}) {
  const told: string[] = [];
  const ada = someone("ada");
  const participants = new Map([["ada", ada]]);
  const note = (what: string) => (...args: unknown[]) =>
    void told.push([what, ...args.filter((arg) => typeof arg === "string")].join(" "));
  const all = (part: string, ...names: string[]) =>
    Object.fromEntries(names.map((name) => [name, note(`${part}.${name}`)]));
  const attended = new Participants(
    {
      state,
      way: { mode, epoch: 1 },
      roster: { participants, isHere: ({ id }: Remote) => participants.has(id) },
      transport: {
        ...all("transport", "remove", "handle"),
        add: ({ id }: Remote) => void told.push(`transport.add ${id}`),
      },
      courier: all("courier", "add", "catchUp", "restart", "repeat", "park"),
      messages: all("messages", "handle"),
      removals: all("removals", "left"),
      parts: { isSwitched, ...all("parts", "added", "left", "handle", "prepare") },
      emitter: all("emit", "emit"),
    } as unknown as AttendedCall,
  );
  return { attended, told, ada, participants };
}

describe("Participants", () => {
  it("are connected to when they come, then told of, then heard", () => {
    const { attended, told, ada } = begin();
    attended.added(ada);
    assertEquals(told, [
      "courier.add ada",
      "transport.add ada",
      "emit.emit participant",
      "parts.added",
      "courier.catchUp ada",
      "parts.prepare",
    ]);
  });

  it("do not come into a call that has ended", () => {
    const { attended, told, ada } = begin({ state: "closed" });
    attended.added(ada);
    assertEquals(told, []);
  });

  it("are connected to by what moves media, and not before it is there, where the mesh is not the way", () => {
    for (const isSwitched of [false, true]) {
      const { attended, told, ada } = begin({ mode: "sfu", isSwitched });
      attended.connect(ada);
      assertEquals(told, isSwitched ? ["transport.add ada"] : []);
    }
  });

  it("are sent again what is on its way when they are back", () => {
    const { attended, told, ada } = begin();
    attended.changed(ada, false);
    attended.changed(ada, true);
    attended.unchanged(ada);
    const shown = ["emit.emit track", "emit.emit updated"];
    assertEquals(told, [...shown, "courier.restart ada", ...shown, "courier.repeat ada"]);
  });

  it("say what they show before the rest of what they say is taken in", () => {
    const { attended, told, ada } = begin();
    attended.deliver("ada", "signal", { shows: 3 });
    assertEquals(ada.shows, 3);
    assertEquals(told, ["parts.prepare", "transport.handle ada", "parts.handle"]);
  });

  it("have their messages handed on, whatever is in them", () => {
    const { attended, told, ada } = begin();
    attended.deliver("ada", "message", { shows: 3 });
    assertEquals([ada.shows, told], [-1, ["messages.handle"]]);
  });

  it("are neither heard nor shown any more once they have left", () => {
    const { attended, told, ada, participants } = begin();
    participants.clear();
    attended.left(ada);
    assertEquals(told.splice(0), [
      "courier.park ada",
      "transport.remove ada",
      "parts.left",
      "removals.left ada",
      "emit.emit left",
    ]);
    attended.deliver("ada", "message", "late");
    attended.connection("ada", "connected");
    attended.track("ada", "camera", {} as RTCRtpReceiver);
    assertEquals([told, ada.connection], [[], "connecting"]);
  });
});
