/** Where the tiles go: from the size of the stage and the number of people to rectangles. Pure. @module */

export interface Size {
  width: number;
  height: number;
}

/** In CSS px, from the upper left corner of the stage. */
export interface Rectangle extends Size {
  x: number;
  y: number;
}

export interface GridOptions {
  /** Between tiles, in px. */
  gap: number;
  /** The widest a tile may be, width / height. */
  aspect?: number;
  /** The narrowest; below `aspect`, tiles grow taller where that fills the stage better. */
  minAspect?: number;
}

export interface Grid extends Size {
  columns: number;
  rows: number;
}

/** Aspect of a camera picture. */
export const WIDE = 16 / 9;

/** The grid with the largest tiles. Of two as large, the one with fewer empty places. */
export function gridOf(container: Size, count: number, options: GridOptions): Grid {
  let best: Grid = { columns: 1, rows: Math.max(1, count), width: 0, height: 0 };
  for (let columns = 1; columns <= count; columns++) {
    const rows = Math.ceil(count / columns);
    const candidate = { columns, rows, ...tileOf(container, columns, rows, options) };
    const gain = candidate.width * candidate.height - best.width * best.height;
    const fuller = columns * rows < best.columns * best.rows;
    if (gain > 0.5 || (gain > -0.5 && fuller)) best = candidate;
  }
  return best;
}

/** One rectangle per tile, row by row, centred in the container; the last row is centred too. */
export function gridRectangles(
  container: Size,
  count: number,
  options: GridOptions,
): Rectangle[] {
  const { columns, rows, width, height } = gridOf(container, count, options);
  const top = (container.height - rows * height - (rows - 1) * options.gap) / 2;
  return Array.from({ length: count }, (_, index) => {
    const row = Math.floor(index / columns);
    const inRow = Math.min(columns, count - row * columns);
    const left = (container.width - inRow * width - (inRow - 1) * options.gap) / 2;
    return {
      x: left + (index - row * columns) * (width + options.gap),
      y: top + row * (height + options.gap),
      width,
      height,
    };
  });
}

/** The large place for a shared screen or a pinned person, and a strip for everyone else. */
export interface StageLayout {
  stage: Rectangle;
  tiles: Rectangle[];
}

const STRIP = { share: 0.22, least: 132, most: 340, shareBelow: 0.3, leastBelow: 96 };

/** The strip is beside the stage where the container is wide, below it where it is tall. */
export function stageRectangles(
  container: Size,
  count: number,
  { gap }: GridOptions,
): StageLayout {
  const { width, height } = container;
  if (count === 0) return { stage: { x: 0, y: 0, width, height }, tiles: [] };
  const beside = width >= height;
  const allowed = beside
    ? { width: Math.min(STRIP.most, Math.max(STRIP.least, width * STRIP.share)), height }
    : { width, height: Math.max(STRIP.leastBelow, height * STRIP.shareBelow) };
  const grid = gridOf(allowed, count, { gap });
  // The stage takes what the tiles of the strip leave.
  const strip = beside
    ? { width: grid.columns * (grid.width + gap) - gap, height }
    : { width, height: grid.rows * (grid.height + gap) - gap };
  const dx = beside ? width - strip.width : 0;
  const dy = beside ? 0 : height - strip.height;
  return {
    stage: {
      x: 0,
      y: 0,
      width: beside ? Math.max(0, dx - gap) : width,
      height: beside ? height : Math.max(0, dy - gap),
    },
    tiles: gridRectangles(strip, count, { gap })
      .map((tile) => ({ ...tile, x: tile.x + dx, y: tile.y + dy })),
  };
}

function tileOf(container: Size, columns: number, rows: number, options: GridOptions): Size {
  const { gap, aspect = WIDE, minAspect = aspect } = options;
  const width = Math.max(0, (container.width - gap * (columns - 1)) / columns);
  const height = Math.max(0, (container.height - gap * (rows - 1)) / rows);
  if (width > height * aspect) return { width: height * aspect, height };
  return { width, height: Math.min(height, width / minAspect) };
}
