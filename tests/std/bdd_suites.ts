/**
 * The tree of groups and tests behind `describe` and `it`, and how it runs.
 *
 * @module
 */

export type HookName = "beforeAll" | "afterAll" | "beforeEach" | "afterEach";
type Context = Record<PropertyKey, unknown>;
type HookFn = (this: unknown) => void | Promise<void>;
type Options = Omit<Deno.TestDefinition, "fn">;

/** A test as it was asked for. */
export interface Case extends Options {
  fn: (this: unknown, t: Deno.TestContext) => void | Promise<void>;
}

/** A group as it was asked for. */
export type Group =
  & Options
  & { fn?: () => void | undefined }
  & { [Name in HookName]?: unknown };

interface Suite {
  readonly options: Options;
  readonly hooks: Record<HookName, HookFn[]>;
  readonly children: (Suite | Case)[];
}

/** Registers tests with `register`, which is `Deno.test`. */
export class Suites {
  readonly #register: (definition: Deno.TestDefinition) => void;
  readonly #bySymbol = new Map<symbol, Suite>();
  #current: Suite | undefined;
  #started = false;
  #running = 0;

  constructor(register: (definition: Deno.TestDefinition) => void) {
    this.#register = register;
  }

  addCase(test: Case, symbol?: symbol): void {
    this.#open("cases");
    const parent = this.#parent(symbol);
    if (parent) parent.children.push(test);
    else this.#registerTop(test, (t) => test.fn.call({}, t));
  }

  addSuite(group: Group, symbol?: symbol): symbol {
    this.#open("suites");
    const parent = this.#parent(symbol);
    const { fn, beforeAll, afterAll, beforeEach, afterEach, ...options } = group;
    const suite: Suite = {
      options,
      hooks: {
        beforeAll: listOf(beforeAll),
        afterAll: listOf(afterAll),
        beforeEach: listOf(beforeEach),
        afterEach: listOf(afterEach),
      },
      children: [],
    };
    const handle = Symbol(options.name);
    this.#bySymbol.set(handle, suite);
    if (fn && !options.ignore) this.#define(suite, fn);
    if (parent) parent.children.push(suite);
    else this.#registerSuite(suite);
    return handle;
  }

  /** Outside any group the hook belongs to a group round all tests that follow, named "global". */
  addHook(name: HookName, fn: HookFn): void {
    if (this.#current === undefined) {
      if (this.#started) {
        throw new Error("Cannot add global hooks after a global test is registered");
      }
      const handle = this.addSuite({ name: "global" });
      this.#current = this.#bySymbol.get(handle);
    }
    this.#current?.hooks[name].push(fn);
  }

  #open(what: string): void {
    if (this.#running > 0) {
      throw new Error(
        `Cannot register new test ${what} after already registered test cases start running`,
      );
    }
    this.#started = true;
  }

  #parent(symbol: symbol | undefined): Suite | undefined {
    if (symbol === undefined) return this.#current;
    const suite = this.#bySymbol.get(symbol);
    if (suite) return suite;
    throw new Error(
      "Cannot construct Test Suite: suite does not represent a registered test suite",
    );
  }

  #define(suite: Suite, fn: () => unknown): void {
    const outer = this.#current;
    this.#current = suite;
    try {
      if (fn() instanceof Promise) {
        throw new Error(
          'Returning a Promise from "describe" is not supported: tests must be defined synchronously',
        );
      }
    } finally {
      this.#current = outer;
    }
  }

  #registerSuite(suite: Suite): void {
    const only = suite.options.only ?? (focusedIn(suite) || undefined);
    this.#registerTop({ ...suite.options, only }, (t) => runSuite(suite, [], {}, t));
  }

  #registerTop(options: Options, run: (t: Deno.TestContext) => void | Promise<void>): void {
    const fn = async (t: Deno.TestContext) => {
      this.#running++;
      try {
        await run(t);
      } finally {
        this.#running--;
      }
    };
    this.#register({ ...withoutUndefined(options), fn });
  }
}

async function runSuite(
  suite: Suite,
  outer: readonly Suite[],
  context: Context,
  t: Deno.TestContext,
): Promise<void> {
  for (const hook of suite.hooks.beforeAll) await hook.call(context);
  try {
    const path = [...outer, suite];
    const focus = focusedIn(suite);
    for (const child of suite.children) {
      if (focus && !isFocused(child)) continue;
      await t.step(stepOf(child, path, context));
    }
  } finally {
    for (const hook of suite.hooks.afterAll) await hook.call(context);
  }
}

function stepOf(
  child: Suite | Case,
  path: readonly Suite[],
  context: Context,
): Deno.TestStepDefinition {
  const options = isSuite(child) ? child.options : child;
  const { name, ignore, sanitizeExit, sanitizeOps, sanitizeResources, permissions } = options;
  const step = withoutUndefined({ name, ignore, sanitizeExit, sanitizeOps, sanitizeResources });
  const fn = async (t: Deno.TestContext) => {
    if (permissions) throw new Error("permissions option not available for nested tests");
    if (isSuite(child)) await runSuite(child, path, { ...context }, t);
    else await runCase(child, path, { ...context }, t);
  };
  return { ...step, fn };
}

/** Hooks of the outermost group are the first before and the last after. */
async function runCase(
  test: Case,
  path: readonly Suite[],
  context: Context,
  t: Deno.TestContext,
): Promise<void> {
  const [suite, ...inner] = path;
  if (suite === undefined) return await test.fn.call(context, t);
  for (const hook of suite.hooks.beforeEach) await hook.call(context);
  try {
    await runCase(test, inner, context, t);
  } finally {
    for (const hook of suite.hooks.afterEach) await hook.call(context);
  }
}

function isSuite(child: Suite | Case): child is Suite {
  return "children" in child;
}

function isFocused(child: Suite | Case): boolean {
  return isSuite(child) ? child.options.only === true || focusedIn(child) : child.only === true;
}

function focusedIn(suite: Suite): boolean {
  return suite.children.some(isFocused);
}

function listOf(hooks: unknown): HookFn[] {
  return hooks === undefined ? [] : [hooks].flat() as HookFn[];
}

/** `Deno.test` tells an absent option from an undefined one. */
function withoutUndefined<T extends object>(options: T): T {
  return Object.fromEntries(
    Object.entries(options).filter(([, value]) => value !== undefined),
  ) as T;
}
