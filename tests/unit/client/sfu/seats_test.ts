import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { Paths } from "../../../../client/sfu/paths.ts";
import { SFU } from "../../../../client/sfu/policy.ts";
import type { Path, Seat } from "../../../../client/sfu/seat.ts";
import { Seats } from "../../../../client/sfu/seats.ts";

const newest: Path = { epoch: 2, stalled: false, isFed: true };

interface Sends {
  sends?: readonly string[];
  isProven?: boolean;
}

/** Seats of whom `shownBy` tells the paths. */
function shown(shownBy: Record<string, Path | undefined>): Seats {
  const seats = new Seats();
  for (const [id, by] of Object.entries(shownBy)) {
    seats.set(id, { shownBy: by, isShownBy: (path: Path) => path === by } as Seat);
  }
  return seats;
}

/** Seats of who sends so much. */
function sending(...all: Sends[]): Seats {
  const seats = new Seats();
  for (const [at, { sends = [], isProven = false }] of all.entries()) {
    const sendsBy = (_path: Path, kinds = ["microphone", "camera"]) =>
      kinds.some((kind) => sends.includes(kind));
    seats.set(`${at}`, { sendsBy, isProven: () => isProven } as unknown as Seat);
  }
  return seats;
}

describe("Seats, asked what the paths say", () => {
  const paths = new Paths(1);
  paths.add(newest);
  const older = paths.mesh;

  /** What each path says of everybody. */
  const saidBy = async (seats: Seats) => {
    const asked: Path[] = [];
    const values = await seats.gather(paths, (path) => {
      asked.push(path);
      return Promise.resolve(new Map(["ada", "bob"].map((id) => [id, `${id} by ${path.epoch}`])));
    });
    return { asked, values: Object.fromEntries(values) };
  };

  it("have of each the path by which it is shown, and the newest of who is not shown yet", async () => {
    const { values } = await saidBy(shown({ ada: older, bob: undefined }));
    assertEquals(values, { ada: "ada by 1", bob: "bob by 2" });
  });

  it("ask no path by which nobody is shown but the newest", async () => {
    const { asked } = await saidBy(shown({ ada: newest }));
    assertEquals(asked, [newest]);
  });

  it("have nothing of whom no path knows", async () => {
    const { values } = await saidBy(shown({ eve: newest }));
    assertEquals(values, {});
  });
});

describe("Seats, asked how long nothing may come by a path", () => {
  const camera = ["camera", "microphone"];

  it("know no limit where nobody sends", () => {
    assertEquals(sending({}, {}).limitMs(newest), undefined);
  });

  it("wait for sound for longer than for a picture", () => {
    const sound = { sends: ["microphone"], isProven: true };
    assertEquals(sending(sound).limitMs(newest), SFU.soundStalledMs);
    assertEquals(sending(sound, { sends: camera, isProven: true }).limitMs(newest), SFU.stalledMs);
  });

  it("wait for longest for who has never been there by it", () => {
    assertEquals(sending({ sends: camera }).limitMs(newest), SFU.unprovenMs);
  });
});
