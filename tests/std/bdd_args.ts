/**
 * The many ways to call `describe` and `it`, brought into one form.
 *
 * @module
 */

type Body<T> = (this: T, t: Deno.TestContext) => void | Promise<void>;
type GroupBody = () => void | undefined;
type Hook<T> = (this: T) => void | Promise<void>;

/** A handle to a group, to add tests to it from outside. `T` is the type of `this` in its tests. */
export interface TestSuite<T> {
  symbol: symbol;
}

export interface ItDefinition<T> extends Omit<Deno.TestDefinition, "fn"> {
  fn: Body<T>;
  suite?: TestSuite<T>;
}

export interface DescribeDefinition<T> extends Omit<Deno.TestDefinition, "fn"> {
  fn?: GroupBody;
  suite?: TestSuite<T>;
  beforeAll?: Hook<T> | Hook<T>[];
  afterAll?: Hook<T> | Hook<T>[];
  beforeEach?: Hook<T> | Hook<T>[];
  afterEach?: Hook<T> | Hook<T>[];
}

type WithOptionalSuite<T, Args extends unknown[]> = Args | [suite: TestSuite<T>, ...Args];

export type ItArgs<T> =
  | [options: ItDefinition<T>]
  | [options: Omit<ItDefinition<T>, "fn">, fn: Body<T>]
  | WithOptionalSuite<
    T,
    | [fn: Body<T>]
    | [name: string, fn: Body<T>]
    | [name: string, options: Omit<ItDefinition<T>, "name">]
    | [name: string, options: Omit<ItDefinition<T>, "fn" | "name">, fn: Body<T>]
    | [options: Omit<ItDefinition<T>, "fn" | "name">, fn: Body<T>]
  >;

export type DescribeArgs<T> =
  | [options: DescribeDefinition<T>]
  | [options: Omit<DescribeDefinition<T>, "fn">, fn: GroupBody]
  | WithOptionalSuite<
    T,
    | [name: string]
    | [fn: GroupBody]
    | [name: string, fn: GroupBody]
    | [name: string, options: Omit<DescribeDefinition<T>, "name">]
    | [name: string, options: Omit<DescribeDefinition<T>, "fn" | "name">, fn: GroupBody]
    | [options: Omit<DescribeDefinition<T>, "fn" | "name">, fn: GroupBody]
  >;

export function itDefinition<T>(args: ItArgs<T>): ItDefinition<T> {
  const definition = merge<ItDefinition<T>>(args);
  if (typeof definition.fn !== "function") {
    throw new TypeError(`Cannot register test "${definition.name}": expected a function`);
  }
  return definition;
}

export function describeDefinition<T>(args: DescribeArgs<T>): DescribeDefinition<T> {
  return merge<DescribeDefinition<T>>(args);
}

/** Each argument is told by its kind: a handle, a name, options, or the body. */
function merge<D extends { name: string; fn?: unknown; suite?: unknown }>(
  args: readonly unknown[],
): D {
  const merged: Record<string, unknown> = {};
  for (const arg of args) {
    if (typeof arg === "string") merged.name = arg;
    else if (typeof arg === "function") merged.fn = arg;
    else if (isSuite(arg)) merged.suite = arg;
    else Object.assign(merged, arg);
  }
  merged.name ??= (merged.fn as { name?: string } | undefined)?.name ?? "";
  return merged as D;
}

function isSuite(arg: unknown): boolean {
  return typeof arg === "object" && arg !== null && "symbol" in arg &&
    typeof arg.symbol === "symbol";
}
