/** What the SDK's parts need of a page where there is none: elements that play whatever they are given. */
export function fakePage(): Disposable {
  const page = {
    document: { createElement: () => ({ play: () => Promise.resolve() }) },
    MediaStream: class {},
  };
  Object.assign(globalThis, page);
  return {
    [Symbol.dispose]() {
      for (const name of Object.keys(page)) Reflect.deleteProperty(globalThis, name);
    },
  };
}
