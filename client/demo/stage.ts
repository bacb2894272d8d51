/** Places the tiles on the stage, and again whenever its size or its tiles change. @module */
import { gridRectangles, type Rectangle, stageRectangles } from "./layout.ts";
import type { Tile } from "./tile.ts";

/** Below this width the gaps shrink, in px. */
const NARROW = 520;
/** On a tall stage, tiles may be as narrow as this to fill it. */
const TALL_ASPECT = 0.65;

/** Keeps tiles in `container` laid out; `show` takes them in order, with the large one apart. */
export function createStage(container: HTMLElement) {
  let tiles: readonly Tile[] = [];
  let large: Tile | undefined;

  function place() {
    const { clientWidth: width, clientHeight: height } = container;
    if (!width || !height) return;
    const options = {
      gap: width < NARROW ? 6 : 10,
      minAspect: height > width ? TALL_ASPECT : undefined,
    };
    const others = tiles.filter((tile) => tile !== large);
    if (large) {
      const layout = stageRectangles({ width, height }, others.length, options);
      put(large, layout.stage);
      others.forEach((tile, index) => put(tile, layout.tiles[index]));
    } else {
      const rectangles = gridRectangles({ width, height }, others.length, options);
      others.forEach((tile, index) => put(tile, rectangles[index]));
    }
  }

  /** Puts new tiles where the reading order wants them; those that play are not moved, they would pause. */
  function insert() {
    let following: Element | null = null;
    for (const tile of tiles.toReversed()) {
      if (tile.element.parentElement !== container) container.insertBefore(tile.element, following);
      tile.element.classList.toggle("large", tile === large);
      following = tile.element;
    }
  }

  const observer = new ResizeObserver(place);
  observer.observe(container);

  return {
    show(next: readonly Tile[], nextLarge: Tile | undefined) {
      tiles = next;
      large = nextLarge;
      insert();
      place();
    },
    close() {
      observer.disconnect();
    },
  };
}

function put(tile: Tile, rectangle: Rectangle | undefined) {
  if (!rectangle) return;
  const { style } = tile.element;
  style.transform = `translate(${Math.round(rectangle.x)}px, ${Math.round(rectangle.y)}px)`;
  style.width = `${Math.floor(rectangle.width)}px`;
  style.height = `${Math.floor(rectangle.height)}px`;
}
