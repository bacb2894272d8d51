import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { FakeTime } from "@std/testing/time";
import { ADAPT } from "../../../../client/adapt/policy.ts";
import type { Participant } from "../../../../client/api.ts";
import { Sight } from "../../../../client/care/adapt/sight.ts";

class FakeStream {
  tracks: object[] = [{}];
  getVideoTracks(): object[] {
    return this.tracks;
  }
}

class FakeDocument {
  visibilityState = "visible";
  pictureInPictureElement: FakeVideo | null = null;
  readonly videos: FakeVideo[] = [];
  querySelectorAll(): FakeVideo[] {
    return this.videos;
  }
}

interface FakeVideo {
  srcObject: FakeStream;
  clientWidth: number;
  readonly ownerDocument: FakeDocument;
  /** By the page's style sheets; browsers without CSS Typed OM have none. */
  computedStyleMap?(): Map<string, string>;
}

/** A page with ada in the call, whose camera it may show. */
function page({ ratio = 1 } = {}) {
  const time = new FakeTime();
  const front = new FakeDocument();
  const onTop = { window: null as { document: FakeDocument } | null };
  const fakes = {
    document: front,
    documentPictureInPicture: onTop,
    devicePixelRatio: ratio,
    innerWidth: 1_280,
    MediaStream: FakeStream,
  };
  Object.assign(globalThis, fakes);
  const stream = new FakeStream();
  const ada = { id: "ada", stream } as unknown as Participant;
  let participants = [ada];
  const told: [string, number][] = [];
  const sight = new Sight({
    participants: () => participants,
    tell: (id, width) => void told.push([id, width]),
  });
  return {
    front,
    stream,
    told,
    sight,
    /** The widths that ada was told. */
    get widths(): number[] {
      return told.map(([, width]) => width);
    },
    /** An element in the page, or in its window on top, shows ada so wide. */
    show: (clientWidth: number, ownerDocument = front): FakeVideo => {
      const video: FakeVideo = { srcObject: stream, clientWidth, ownerDocument };
      ownerDocument.videos.push(video);
      return video;
    },
    /** The page has a window that stays on top. */
    opensOnTop: (): FakeDocument => {
      onTop.window = { document: new FakeDocument() };
      return onTop.window.document;
    },
    /** Who is connected by the mesh. */
    set meshed(all: boolean) {
      participants = all ? [ada] : [];
    },
    look: () => time.tick(ADAPT.seenIntervalMs),
    [Symbol.dispose]: () => {
      sight.close();
      time.restore();
      for (const name of Object.keys(fakes)) Reflect.deleteProperty(globalThis, name);
    },
  };
}

describe("how wide somebody is seen", () => {
  it("is told once, in device pixels, by the widest element", () => {
    using seen = page({ ratio: 2 });
    for (const width of [160, 320]) seen.show(width);
    for (let i = 0; i < 3; i++) seen.look();
    assertEquals(seen.told, [["ada", 640]]);
  });

  it("is told again only when it is another by more than a share", () => {
    using seen = page();
    const video = seen.show(1_000);
    const least = 1_000 * (1 + ADAPT.seenChange);
    for (const width of [1_000, least, least + 1, 1_000, 500]) {
      video.clientWidth = width;
      seen.look();
    }
    assertEquals(seen.widths, [1_000, least + 1, 500]);
  });

  it("is not told of somebody whom no element shows: it may be drawn", () => {
    using seen = page();
    seen.look();
    assertEquals(seen.told, []);
  });

  it("is nothing when the element is gone, and what it is when there is one again", () => {
    using seen = page();
    seen.show(640);
    seen.look();
    seen.front.videos.length = 0;
    for (let i = 0; i < 2; i++) seen.look();
    seen.show(640);
    seen.look();
    assertEquals(seen.widths, [640, 0, 640]);
  });

  it("is the page's width in an element that takes its size of the picture, however small that is", () => {
    using seen = page();
    seen.show(160).computedStyleMap = () => new Map([["width", "auto"], ["height", "auto"]]);
    seen.look();
    assertEquals(seen.widths, [1_280]);
  });

  it("is an element's own width where only one of its sizes is left open", () => {
    using seen = page();
    seen.show(160).computedStyleMap = () => new Map([["width", "auto"], ["height", "90px"]]);
    seen.look();
    assertEquals(seen.widths, [160]);
  });

  it("is nothing in an element that is not in the layout", () => {
    using seen = page();
    seen.show(0);
    seen.look();
    assertEquals(seen.widths, [0]);
  });

  it("stays as told while there is no picture", () => {
    using seen = page();
    seen.show(640);
    seen.look();
    seen.stream.tracks = [];
    seen.look();
    assertEquals(seen.widths, [640]);
  });

  it("is nothing while the page is not in front", () => {
    using seen = page();
    seen.show(640);
    seen.front.visibilityState = "hidden";
    seen.look();
    assertEquals(seen.widths, [0]);
  });

  it("is what picture-in-picture shows while the page is not in front", () => {
    using seen = page();
    seen.show(1_280);
    seen.front.pictureInPictureElement = seen.show(320);
    seen.front.visibilityState = "hidden";
    seen.look();
    assertEquals(seen.widths, [320]);
  });

  it("is what the window on top shows while the page is not in front", () => {
    using seen = page();
    seen.show(1_280);
    seen.show(320, seen.opensOnTop());
    seen.front.visibilityState = "hidden";
    seen.look();
    assertEquals(seen.widths, [320]);
  });

  it("is told again to somebody who has come back", () => {
    using seen = page();
    seen.show(640);
    seen.look();
    seen.sight.forget("ada");
    seen.look();
    assertEquals(seen.widths, [640, 640]);
  });

  it("is not told while media goes by an SFU", () => {
    using seen = page();
    seen.show(640);
    seen.meshed = false;
    seen.look();
    assertEquals(seen.told, []);
  });
});
