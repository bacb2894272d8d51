import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import {
  gridOf,
  gridRectangles,
  type Rectangle,
  stageRectangles,
  WIDE,
} from "../../../client/demo/layout.ts";

const GAP = 10;

Deno.test("gridOf: columns and rows by container and count", () => {
  const cases: [string, number, number, number, number, number][] = [
    ["desktop", 1248, 630, 1, 1, 1],
    ["desktop", 1248, 630, 2, 2, 1],
    ["desktop", 1248, 630, 3, 2, 2],
    ["desktop", 1248, 630, 4, 2, 2],
    ["desktop", 1248, 630, 6, 3, 2],
    ["desktop", 1248, 630, 7, 3, 3],
    ["desktop", 1248, 630, 9, 3, 3],
    ["desktop", 1248, 630, 12, 4, 3],
    ["tall", 344, 612, 2, 1, 2],
    ["wide and low", 1200, 150, 5, 5, 1],
  ];
  for (const [name, width, height, count, columns, rows] of cases) {
    const grid = gridOf({ width, height }, count, { gap: GAP });
    assertEquals([grid.columns, grid.rows], [columns, rows], `${name}, ${count} people`);
  }
});

Deno.test("gridOf: tiles grow taller on a phone where they may", () => {
  const phone = { width: 344, height: 612 };
  const strict = gridOf(phone, 4, { gap: 6 });
  const loose = gridOf(phone, 4, { gap: 6, minAspect: 0.65 });
  assertEquals([loose.columns, loose.rows], [2, 2]);
  assert(loose.width * loose.height > strict.width * strict.height);
});

Deno.test("gridRectangles: a last row that is not full is centred", () => {
  const tiles = gridRectangles({ width: 1000, height: 563 }, 3, { gap: GAP });
  const last = tiles[2];
  assert(last);
  assertEquals(Math.round(last.x + last.width / 2), 500);
});

const container = fc.record({
  width: fc.integer({ min: 200, max: 4000 }),
  height: fc.integer({ min: 200, max: 2500 }),
});
const people = fc.integer({ min: 1, max: 12 });
const minAspect = fc.constantFrom(undefined, 0.65, 1);

Deno.test("gridRectangles: one per tile, inside, apart, of an allowed aspect", () => {
  fc.assert(fc.property(container, people, minAspect, (box, count, least) => {
    const tiles = gridRectangles(box, count, { gap: GAP, minAspect: least });
    assertEquals(tiles.length, count);
    assertInside(tiles, box);
    assertApart(tiles);
    for (const { width, height } of tiles) {
      assert(width / height < WIDE + 0.01);
      assert(width / height > (least ?? WIDE) - 0.01);
    }
  }));
});

Deno.test("stageRectangles: the stage is the largest, and nothing overlaps", () => {
  fc.assert(fc.property(container, people, (box, count) => {
    const { stage, tiles } = stageRectangles(box, count, { gap: GAP });
    assertInside([stage, ...tiles], box);
    assertApart([stage, ...tiles]);
    for (const tile of tiles) assert(area(stage) > area(tile));
  }));
});

Deno.test("stageRectangles: beside a wide stage, below a tall one, alone all of it", () => {
  const wide = stageRectangles({ width: 1200, height: 600 }, 3, { gap: GAP });
  assertEquals(wide.stage.height, 600);
  assert(wide.tiles.every((tile) => tile.x >= wide.stage.width + GAP - 0.01));
  const tall = stageRectangles({ width: 344, height: 612 }, 3, { gap: GAP });
  assertEquals(tall.stage.width, 344);
  assert(tall.tiles.every((tile) => tile.y >= tall.stage.height + GAP - 0.01));
  assertEquals(
    stageRectangles({ width: 800, height: 600 }, 0, { gap: GAP }),
    { stage: { x: 0, y: 0, width: 800, height: 600 }, tiles: [] },
  );
});

function area({ width, height }: Rectangle): number {
  return width * height;
}

function assertInside(tiles: Rectangle[], box: { width: number; height: number }) {
  for (const { x, y, width, height } of tiles) {
    assert(width > 0 && height > 0, `expected a visible tile, got ${width} x ${height}`);
    assert(
      x > -0.01 && y > -0.01 && x + width < box.width + 0.01 && y + height < box.height + 0.01,
    );
  }
}

function assertApart(tiles: Rectangle[]) {
  tiles.forEach((a, index) => {
    for (const b of tiles.slice(index + 1)) {
      const apart = a.x + a.width <= b.x + 0.01 || b.x + b.width <= a.x + 0.01 ||
        a.y + a.height <= b.y + 0.01 || b.y + b.height <= a.y + 0.01;
      assert(apart, `expected ${JSON.stringify(a)} and ${JSON.stringify(b)} apart`);
    }
  });
}
