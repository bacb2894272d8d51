/** Keeps one tile per person and per shared screen, as the call's events tell. @module */
import type { Call, Participant } from "../api.ts";
import { isPaused } from "./own_camera.ts";
import { type Named, type Person, selfOf } from "./person.ts";
import { createStage } from "./stage.ts";
import { Tile } from "./tile.ts";

export interface PeopleOptions {
  stage: HTMLElement;
  nameOf(someone: Named): string;
  personOf(participant: Participant): Person;
  /** Words for what happened to `subject`, to show and to read out. */
  tell(text: string, subject: string): void;
  /** The browser plays no sound before a click. */
  refused(): void;
  /** How many there are, oneself included. */
  counted(count: number): void;
}

/** Shows everyone in `call` until closed. `all` gives the tiles, to play again what was refused. */
export function showPeople(call: Call, { stage: container, ...options }: PeopleOptions) {
  const stage = createStage(container);
  const tiles = new Map<string, Tile>();
  /** Shared screens, the newest last. */
  const screens = new Map<string, Tile>();
  const hands = new Set<string>();
  let pinned: Tile | undefined;
  // Those already here, and their raised hands, are no news.
  const present = new Set(call.participants.keys());
  for (const participant of call.participants.values()) {
    if (options.personOf(participant).hand !== undefined) hands.add(participant.id);
  }

  const own = addTile(call.self.id, "person", call.self.stream);

  function addTile(id: string, kind: "person" | "screen", stream: MediaStream): Tile {
    const tile: Tile = new Tile({
      participant: id,
      kind,
      self: id === call.self.id,
      stream,
      refused: options.refused,
      pin: () => pin(tile),
    });
    (kind === "person" ? tiles : screens).set(id, tile);
    return tile;
  }

  function pin(tile: Tile) {
    const wasLarge = tile === largeTile();
    pinned = wasLarge ? undefined : tile;
    arrange();
  }

  /** What is pinned, else the newest screen of someone else; one's own would only mirror itself. */
  function largeTile(): Tile | undefined {
    return pinned ?? [...screens.values()].findLast((tile) => !tile.options.self);
  }

  function arrange() {
    const others = [...tiles.values()].filter((tile) => tile !== own);
    const large = largeTile();
    const shown = [...screens.values(), ...others, own];
    for (const tile of shown) tile.pinned = tile === large;
    stage.show(shown, large);
    options.counted(tiles.size);
  }

  function removeTile(from: Map<string, Tile>, id: string) {
    const tile = from.get(id);
    if (!tile) return;
    if (pinned === tile) pinned = undefined;
    from.delete(id);
    tile.remove();
  }

  function showScreen(id: string, sharing: boolean, stream: MediaStream, person: Person) {
    const shown = screens.has(id);
    if (sharing && !shown) {
      addTile(id, "screen", stream);
      if (id !== call.self.id) options.tell(`${person.name} shares a screen`, `screen ${id}`);
    }
    if (!sharing && shown) removeTile(screens, id);
    screens.get(id)?.show(person);
    if (sharing !== shown) arrange();
  }

  function update(participant: Participant) {
    const person = options.personOf(participant);
    tiles.get(participant.id)?.show(person);
    tellHand(participant.id, person);
    const { media, screen } = participant;
    showScreen(participant.id, media.screen && hasPicture(screen), screen, person);
  }

  function updateSelf() {
    const { media, screen } = call.self;
    const paused = isPaused(media.camera, call.adaptation);
    const person = selfOf(call.self, options.nameOf(call.self), paused);
    own.show(person);
    showScreen(call.self.id, media.screen && hasPicture(screen), screen, person);
  }

  function tellPresence(participant: Participant, what: "joined" | "left") {
    options.tell(`${options.nameOf(participant)} ${what}`, `presence ${participant.id}`);
  }

  function tellHand(id: string, person: Person) {
    const raised = person.hand !== undefined;
    if (raised === hands.has(id)) return;
    if (raised) hands.add(id);
    else hands.delete(id);
    if (raised) options.tell(`${person.name} raised a hand`, `hand ${id}`);
  }

  const undo = [
    call.on("participant", (participant) => {
      if (!tiles.has(participant.id)) {
        addTile(participant.id, "person", participant.stream);
        if (!present.delete(participant.id)) tellPresence(participant, "joined");
      }
      update(participant);
      arrange();
    }),
    call.on("left", (participant) => {
      removeTile(tiles, participant.id);
      removeTile(screens, participant.id);
      hands.delete(participant.id);
      present.delete(participant.id);
      tellPresence(participant, "left");
      arrange();
    }),
    call.on("updated", update),
    call.on("quality", update),
    call.on("track", ({ participant, kind, track }) => {
      update(participant);
      if (track) (kind.startsWith("screen") ? screens : tiles).get(participant.id)?.play();
    }),
    call.on("media", updateSelf),
    call.on("adaptation", updateSelf),
    call.on("speaking", ({ id, speaking }) => {
      const tile = tiles.get(id);
      if (tile) tile.speaking = speaking;
    }),
  ];

  updateSelf();
  arrange();

  return {
    updateSelf,
    all: () => [...tiles.values(), ...screens.values()],
    close() {
      for (const stop of undo) stop();
      stage.close();
      for (const tile of [...tiles.values(), ...screens.values()]) tile.remove();
      // What is still told of oneself must not place them again.
      tiles.clear();
      screens.clear();
    },
  };
}

function hasPicture(stream: MediaStream): boolean {
  return stream.getVideoTracks().length > 0;
}
