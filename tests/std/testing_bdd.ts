/**
 * What this project's tests use of `@std/testing/bdd`: same names, signatures and behaviour.
 * A `describe` at the top is one `Deno.test`; what is inside it are its steps.
 * deno.json's import map points `@std/testing/bdd` here; pointing it at the original changes no test.
 *
 * @module
 */
import { type DescribeArgs, describeDefinition, type ItArgs, itDefinition } from "./bdd_args.ts";
import { type Case, type HookName, Suites } from "./bdd_suites.ts";
import type { DescribeDefinition, ItDefinition, TestSuite } from "./bdd_args.ts";

export type { DescribeArgs, DescribeDefinition, ItArgs, ItDefinition, TestSuite };

const suites = new Suites((definition) => Deno.test(definition));

/** Registers a test: a step of the `describe` round it, or a test of its own. */
export function it<T>(...args: ItArgs<T>): void {
  const { suite, ...test } = itDefinition(args);
  suites.addCase(test as Case, suite?.symbol);
}

it.only = function <T>(...args: ItArgs<T>): void {
  it({ ...itDefinition(args), only: true });
};

it.ignore = function <T>(...args: ItArgs<T>): void {
  it({ ...itDefinition(args), ignore: true });
};

it.skip = it.ignore;

/** The same as {@linkcode it}. */
export function test<T>(...args: ItArgs<T>): void {
  it(...args);
}

test.only = it.only;
test.ignore = it.ignore;
test.skip = it.ignore;

/** Registers a group of tests. */
export function describe<T>(...args: DescribeArgs<T>): TestSuite<T> {
  const { suite, ...group } = describeDefinition(args);
  return { symbol: suites.addSuite(group, suite?.symbol) };
}

describe.only = function <T>(...args: DescribeArgs<T>): TestSuite<T> {
  return describe({ ...describeDefinition(args), only: true });
};

describe.ignore = function <T>(...args: DescribeArgs<T>): TestSuite<T> {
  return describe({ ...describeDefinition(args), ignore: true });
};

describe.skip = describe.ignore;

function addHook<T>(name: HookName, fn: (this: T) => void | Promise<void>): void {
  suites.addHook(name, fn as (this: unknown) => void | Promise<void>);
}

/** Runs once before the tests of the group. */
export function beforeAll<T>(fn: (this: T) => void | Promise<void>): void {
  addHook("beforeAll", fn);
}

/** Runs once after the tests of the group. */
export function afterAll<T>(fn: (this: T) => void | Promise<void>): void {
  addHook("afterAll", fn);
}

/** Runs before each test of the group and of the groups in it. */
export function beforeEach<T>(fn: (this: T) => void | Promise<void>): void {
  addHook("beforeEach", fn);
}

/** Runs after each test of the group and of the groups in it, also when it failed. */
export function afterEach<T>(fn: (this: T) => void | Promise<void>): void {
  addHook("afterEach", fn);
}

/** The same as {@linkcode beforeAll}. */
export const before = beforeAll;

/** The same as {@linkcode afterAll}. */
export const after = afterAll;
