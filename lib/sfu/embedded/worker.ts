/**
 * The worker: a `LocalSfu`, asked and heard by messages (see `wire.ts`).
 *
 * @module
 */
import { assertNever } from "../../assert_never.ts";
import { errorText } from "../../log.ts";
import { SfuError, type SfuSession } from "../mod.ts";
import { Engine } from "./engine.ts";
import { LocalSfu } from "./local.ts";
import type { Ask, Call, Event, Told } from "./wire.ts";

/** This thread, as far as it is used; the types of the page's own thread are the ones at hand. */
const thread = globalThis as unknown as {
  postMessage(told: Told): void;
  onmessage: (message: MessageEvent<Call>) => void;
  close(): void;
};

let sfu: LocalSfu | undefined;
const sessions = new Map<number, SfuSession>();

function tellState(): void {
  if (sfu === undefined) return;
  const { health, reason, load } = sfu;
  thread.postMessage({ kind: "state", health, reason, load });
}

/** At most one a second is told. */
let toldAt = -Infinity;
function onMistake(error: unknown): void {
  if (performance.now() - toldAt < 1_000) return;
  toldAt = performance.now();
  thread.postMessage({ kind: "mistake", error: errorText(error) });
}

function started(): LocalSfu {
  if (sfu === undefined) throw new SfuError("unavailable", "Cannot use the SFU: it has not begun");
  return sfu;
}

function of(session: number): SfuSession {
  const found = sessions.get(session);
  if (found === undefined) throw new SfuError("session_gone", "Cannot go on: the session is over");
  return found;
}

async function open(ask: Ask & { op: "open" }): Promise<string> {
  const tell = (event: Event) => thread.postMessage({ kind: "event", session: ask.session, event });
  const session = await started().open(ask.seat, {
    offer: (offer) => tell({ op: "offer", offer }),
    candidate: (of, candidate) => tell({ op: "candidate", of, candidate }),
    ended(reason) {
      sessions.delete(ask.session);
      tell({ op: "ended", reason });
    },
  });
  // Whoever had it before has nothing to do with it any more.
  for (const [name, { ticket }] of sessions) if (ticket === session.ticket) sessions.delete(name);
  sessions.set(ask.session, session);
  return session.ticket;
}

async function take(ask: Ask): Promise<string | void> {
  switch (ask.op) {
    case "start":
      sfu = new LocalSfu(ask.options.info, new Engine({ ...ask.options, onMistake }), tellState);
      return await sfu.prepare();
    case "open":
      return await open(ask);
    case "publish":
      return await of(ask.session).publish(ask.sdp);
    case "answer":
      return await of(ask.session).answer(ask.number, ask.sdp);
    case "candidate":
      return await of(ask.session).candidate(ask.of, ask.candidate);
    case "layers":
      return await of(ask.session).layers(ask.layers);
    case "resubscribe":
      return await of(ask.session).resubscribe();
    case "end":
      await sessions.get(ask.session)?.close();
      sessions.delete(ask.session);
      return;
    case "release":
      sessions.get(ask.session)?.release();
      sessions.delete(ask.session);
      return;
    case "close":
      return await sfu?.close();
    default:
      assertNever(ask);
  }
}

thread.onmessage = async ({ data: { call, ask } }) => {
  try {
    const value = await take(ask);
    thread.postMessage({ kind: "done", call, value: value ?? undefined });
  } catch (error) {
    const code = error instanceof SfuError ? error.code : "unavailable";
    const message = error instanceof Error ? error.message : String(error);
    thread.postMessage({ kind: "failed", call, code, message });
  }
};
