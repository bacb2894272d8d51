import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { watchPage } from "../../../client/page.ts";

/** What the browser says of the network: as of a telephone, which knows its kind. */
class FakeConnection extends EventTarget {
  type: string | undefined = "wifi";
}

/** A page that is watched; `connection`: absent where the browser does not say of which kind the network is. */
function watched(connection?: FakeConnection) {
  const { navigator } = globalThis;
  const fake = { connection, onLine: true };
  const replace = (value: unknown) =>
    Object.defineProperty(globalThis, "navigator", { value, configurable: true, writable: true });
  replace(fake);
  const said: string[] = [];
  const unwatch = watchPage({
    hidden: () => said.push("hidden"),
    offline: () => said.push("offline"),
    online: () => said.push("online"),
  });
  return {
    said,
    unwatch,
    happens: (name: string) => dispatchEvent(new Event(name)),
    /** The network is of this kind now. */
    becomes: (type: string | undefined, { onLine = true } = {}) => {
      fake.onLine = onLine;
      connection!.type = type;
      connection!.dispatchEvent(new Event("change"));
    },
    [Symbol.dispose]: () => {
      unwatch();
      replace(navigator);
    },
  };
}

describe("the page of a call", () => {
  it("tells when it is put away, and when the network goes and comes", () => {
    using page = watched();
    for (const name of ["offline", "online", "pagehide"]) page.happens(name);
    assertEquals(page.said, ["offline", "online", "hidden"]);
  });

  it("tells of a network of another kind as of a new one", () => {
    using page = watched(new FakeConnection());
    page.becomes("cellular");
    assertEquals(page.said, ["online"]);
  });

  it("does not tell of a network that is of the same kind, but faster", () => {
    using page = watched(new FakeConnection());
    for (const type of ["wifi", "cellular", "cellular"]) page.becomes(type);
    assertEquals(page.said, ["online"]);
  });

  it("does not tell of a change to no network at all", () => {
    using page = watched(new FakeConnection());
    page.becomes("none", { onLine: false });
    assertEquals(page.said, []);
    page.becomes("wifi");
    assertEquals(page.said, ["online"]);
  });

  it("tells nothing where the kind is never known", () => {
    const connection = new FakeConnection();
    connection.type = undefined;
    using page = watched(connection);
    page.becomes(undefined);
    assertEquals(page.said, []);
  });

  it("tells nothing when nobody watches any more", () => {
    using page = watched(new FakeConnection());
    page.unwatch();
    for (const name of ["offline", "online", "pagehide"]) page.happens(name);
    page.becomes("cellular");
    assertEquals(page.said, []);
  });
});
