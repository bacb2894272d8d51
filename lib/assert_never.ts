/** Ends an exhaustive `switch`. @throws {TypeError} when a value comes that the types rule out. */
export function assertNever(value: never): never {
  throw new TypeError(`Cannot handle ${JSON.stringify(value)}: expected a known kind`);
}
