/**
 * A participant without media that does all that a client does round a switch.
 *
 * @module
 */
import { type FakeNode, FakeWire, makeToken, ROOM } from "./fake_node.ts";
import { FAKE_SDP } from "./fake_sfu.ts";
import type { ServerFrame, SfuAsk, SfuTold, WelcomeFrame } from "../../lib/protocol.ts";
import type { RoomKey } from "../../lib/room_state.ts";

type SfuFrame = ServerFrame & { type: "sfu" };

export class SfuBot extends FakeWire {
  /** Of the topology that it takes part in, and the ticket of its session there. */
  #epoch = 0;
  ticket: string | undefined;
  /** Whose media it gets, by the last offer. */
  gets: string[] = [];
  /** Whether it answers offers. */
  answers = true;

  /** Joins the room. */
  static async join(node: FakeNode, identity: string, room: RoomKey = ROOM): Promise<SfuBot> {
    const bot = new SfuBot(node.hub);
    bot.says({ type: "join", token: await makeToken(node, identity, { room }) });
    await bot.frames.next("welcome");
    return bot;
  }

  /** Comes back on another socket, with the ticket that the one before had. */
  static async resume({ hub }: FakeNode, before: SfuBot): Promise<SfuBot> {
    const bot = new SfuBot(hub);
    bot.ticket = before.ticket;
    bot.says({ type: "resume", session: before.welcome.session });
    await bot.frames.next("welcome");
    return bot;
  }

  get welcome(): WelcomeFrame {
    return this.frames.all.find((frame) => frame.type === "welcome")!;
  }

  get id(): string {
    return this.welcome.self.id;
  }

  /** What its session was told, in order. */
  get told(): SfuTold[] {
    const frames = this.frames.all.filter((frame): frame is SfuFrame => frame.type === "sfu");
    return frames.map(({ data }) => data);
  }

  ask(data: SfuAsk, epoch = this.#epoch): void {
    this.says({ type: "sfu", epoch, data });
  }

  override send(text: string): void {
    super.send(text);
    const frame: ServerFrame = JSON.parse(text);
    // A client reads when the node has written.
    queueMicrotask(() => this.#read(frame));
  }

  #read(frame: ServerFrame): void {
    if (this.readyState !== WebSocket.OPEN) return;
    switch (frame.type) {
      case "welcome":
        return this.#follow(frame.topology);
      case "topology":
        return this.#follow(frame);
      case "sfu":
        if (frame.epoch === this.#epoch) this.#hear(frame.data);
        return;
      default:
        return;
    }
  }

  #follow({ mode, epoch }: { mode: "mesh" | "sfu"; epoch: number }): void {
    const old = this.#epoch;
    this.#epoch = epoch;
    if (mode === "sfu") {
      return this.ask({ op: "open", ...(this.ticket && { ticket: this.ticket }) });
    }
    if (this.ticket) this.ask({ op: "close" }, old);
    this.ticket = undefined;
  }

  #hear(told: SfuTold): void {
    switch (told.op) {
      case "opened":
        this.ticket = told.ticket;
        if (!told.resumed) this.ask({ op: "publish", sdp: FAKE_SDP });
        return;
      case "offer":
        this.gets = [...new Set(told.slots.map(({ participant }) => participant))].sort();
        if (this.answers) this.ask({ op: "answer", number: told.number, sdp: FAKE_SDP });
        return;
      default:
        return;
    }
  }
}
