/**
 * Somebody at an SFU: a session with the media that belongs to it.
 *
 * @module
 */
import type { IceCandidate, Layer, SfuConnection, SfuSlot, TrackKind } from "../../lib/protocol.ts";
import type { Sfu, SfuSeat, SfuSession } from "../../lib/sfu/mod.ts";
import { becomes } from "./becomes.ts";

/** The media of one participant: real, or a book-keeper's. */
export interface SfuClient {
  readonly id: string;
  /** A new sending connection, with all slots; the one before is closed. */
  offer(): Promise<string>;
  answered(sdp: string): Promise<void>;
  /** Takes an offer for the receiving connection. */
  receive(offer: { sdp: string; slots: SfuSlot[] }): Promise<string>;
  candidate(of: SfuConnection, candidate: IceCandidate | null): Promise<void>;
  /** The next offer is for another receiving connection. */
  renewReceiving(): Promise<void>;
  /** How many packets came so far. */
  received(participant: string, kind: TrackKind): number;
  /** Which layer of its camera came last. */
  layer(participant: string): Layer | undefined;
  /** How its connections are, for a failed test to tell. */
  readonly state: string;
  /** What came in slots of others. */
  readonly wrong: readonly string[];
  close(): Promise<void>;
}

export type MakeSfuClient = (
  options: {
    id: string;
    candidate(of: SfuConnection, candidate: IceCandidate | null): void;
  },
) => SfuClient;

export interface SfuPerson extends AsyncDisposable {
  readonly id: string;
  /** Where it sits, without a ticket. */
  readonly seat: SfuSeat;
  readonly session: SfuSession;
  readonly client: SfuClient;
  /** Slots of the last offer. */
  readonly slots: readonly SfuSlot[];
  /** Numbers of all offers, in order. */
  readonly offers: readonly number[];
  /** Candidates that the SFU sent, by connection. */
  readonly candidates: Readonly<Record<SfuConnection, (IceCandidate | null)[]>>;
  /** Why it ended by itself. */
  readonly ended: string | undefined;
  /** What went wrong in taking an offer. */
  readonly failures: readonly unknown[];
  publish(): Promise<void>;
  resubscribe(): Promise<void>;
  /** Waits until more media of a slot comes from now on. */
  hears(participant: string, kind?: TrackKind): Promise<void>;
  /** Waits until the last offer has media of exactly these. */
  sees(...participants: string[]): Promise<void>;
  /** The same client goes on at another SFU object, by its ticket. */
  resume(sfu: Sfu): Promise<void>;
  /** The session ends, then the media. */
  leave(): Promise<void>;
}

/** Packets that show that media flows. */
const ENOUGH = 3;

/** Opens a session; `publish` is still to be called. @throws as `Sfu.open` (rejects) */
export async function joinSfu(
  sfu: Sfu,
  seat: Omit<SfuSeat, "publish" | "subscribe"> & Partial<SfuSeat>,
  makeClient: MakeSfuClient,
): Promise<SfuPerson> {
  const person = { slots: [] as SfuSlot[], ended: undefined as string | undefined };
  const offers: number[] = [];
  const failures: unknown[] = [];
  const candidates = { publish: [] as never[], subscribe: [] as never[] } as Record<
    SfuConnection,
    (IceCandidate | null)[]
  >;
  let session: SfuSession;
  /** What comes before `open` has resolved waits. */
  let opened = Promise.withResolvers<void>();
  /** Candidates of a connection follow its description. */
  const described = { publish: Promise.withResolvers<void>(), subscribe: Promise.resolve() };
  const client = makeClient({
    id: seat.participant,
    candidate: (of, candidate) => {
      const { promise } = opened;
      const ready = of === "publish" ? described.publish.promise : described.subscribe;
      Promise.all([promise, ready]).then(() => session.candidate(of, candidate)).catch(() => {
        // It has ended meanwhile.
      });
    },
  });

  async function open(at: Sfu, ticket?: string): Promise<void> {
    opened = Promise.withResolvers();
    let over = false;
    const mine = await at.open(
      { publish: true, subscribe: true, ...seat, ...ticket !== undefined && { ticket } },
      {
        offer(offer) {
          if (over) return;
          person.slots = offer.slots;
          offers.push(offer.number);
          described.subscribe = opened.promise
            .then(async () => await mine.answer(offer.number, await client.receive(offer)))
            .catch((error) => {
              if (person.ended === undefined && !over) failures.push(error);
            });
        },
        candidate(of, candidate) {
          candidates[of].push(candidate);
          opened.promise.then(() => client.candidate(of, candidate)).catch(() => {
            // Its connection has been replaced.
          });
        },
        ended(reason) {
          person.ended = reason;
        },
      },
    );
    session = mine;
    release = () => over = true;
    opened.resolve();
  }
  let release = () => {};

  try {
    await open(sfu, seat.ticket);
  } catch (error) {
    await client.close();
    throw error;
  }

  async function leave(): Promise<void> {
    release();
    await session.close();
    await client.close();
  }

  return {
    id: seat.participant,
    seat: { publish: true, subscribe: true, ...seat },
    client,
    get session() {
      return session;
    },
    get slots() {
      return person.slots;
    },
    offers,
    candidates,
    get ended() {
      return person.ended;
    },
    failures,
    async publish() {
      described.publish = Promise.withResolvers();
      const answer = await session.publish(await client.offer());
      described.publish.resolve();
      await client.answered(answer);
    },
    async resubscribe() {
      await client.renewReceiving();
      await session.resubscribe();
    },
    async hears(participant, kind = "microphone") {
      const before = client.received(participant, kind);
      const doing = () => client.received(participant, kind) >= before + ENOUGH;
      try {
        await becomes(doing, true, { withinMs: 8_000 });
      } catch (error) {
        const got = client.received(participant, kind) - before;
        throw new Error(
          `${seat.participant} got ${got} packets of ${participant}'s ${kind}: ${client.state}`,
          { cause: error },
        );
      }
    },
    async sees(...participants) {
      const seen = () => [...new Set(person.slots.map((slot) => slot.participant))].sort();
      await becomes(seen, participants.sort());
    },
    async resume(at) {
      const { ticket } = session;
      release();
      await open(at, ticket);
    },
    leave,
    [Symbol.asyncDispose]: leave,
  };
}
