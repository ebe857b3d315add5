// deno-lint-ignore-file no-import-prefix no-explicit-any
/**
 * What `@std/assert` exports, for machines where JSR does not answer: the same code as npm carries
 * it, given back the signatures that were lost on the way (assertions narrow here as they do there).
 *
 * @module
 */
import * as std from "npm:deno-std@1.4.0/assert/mod.js";

/** A class, abstract or not. */
type Class<T = any> = abstract new (...args: any[]) => T;
type Falsy = false | 0 | 0n | "" | null | undefined;
type Compare = <T>(actual: T, expected: T, msg?: string) => void;

export type AssertionError = Error;
export const AssertionError: new (message: string, options?: ErrorOptions) => AssertionError =
  std.AssertionError;
export const assert: (expr: unknown, msg?: string) => asserts expr = std.assert;
export const assertFalse: (expr: unknown, msg?: string) => asserts expr is Falsy = std.assertFalse;
export const assertEquals: Compare = std.assertEquals;
export const assertNotEquals: Compare = std.assertNotEquals;
export const assertStrictEquals: <T>(
  actual: unknown,
  expected: T,
  msg?: string,
) => asserts actual is T = std.assertStrictEquals;
export const assertNotStrictEquals: Compare = std.assertNotStrictEquals;
export const assertGreater: Compare = std.assertGreater;
export const assertGreaterOrEqual: Compare = std.assertGreaterOrEqual;
export const assertLess: Compare = std.assertLess;
export const assertLessOrEqual: Compare = std.assertLessOrEqual;
export const assertAlmostEquals: (
  actual: number,
  expected: number,
  tolerance?: number,
  msg?: string,
) => void = std.assertAlmostEquals;
export const assertExists: <T>(
  actual: T,
  msg?: string,
) => asserts actual is NonNullable<T> = std.assertExists;
export const assertInstanceOf: <T extends Class>(
  actual: unknown,
  expectedType: T,
  msg?: string,
) => asserts actual is InstanceType<T> = std.assertInstanceOf;
export const assertNotInstanceOf: <A, T>(
  actual: A,
  unexpectedType: Class<T>,
  msg?: string,
) => asserts actual is Exclude<A, T> = std.assertNotInstanceOf;
export const assertIsError: <E extends Error = Error>(
  error: unknown,
  ErrorClass?: Class<E>,
  msgMatches?: string | RegExp,
  msg?: string,
) => asserts error is E = std.assertIsError;
export const assertMatch: (
  actual: string,
  expected: RegExp,
  msg?: string,
) => void = std.assertMatch;
export const assertNotMatch: (
  actual: string,
  expected: RegExp,
  msg?: string,
) => void = std.assertNotMatch;
export const assertStringIncludes: (
  actual: string,
  expected: string,
  msg?: string,
) => void = std.assertStringIncludes;
export const assertArrayIncludes: <T>(
  actual: ArrayLike<T>,
  expected: ArrayLike<T>,
  msg?: string,
) => void = std.assertArrayIncludes;
export const assertObjectMatch: (
  actual: Record<PropertyKey, any>,
  expected: Record<PropertyKey, unknown>,
  msg?: string,
) => void = std.assertObjectMatch;
export const assertThrows: {
  (fn: () => unknown, msg?: string): unknown;
  <E extends Error = Error>(
    fn: () => unknown,
    ErrorClass: Class<E>,
    msgIncludes?: string,
    msg?: string,
  ): E;
} = std.assertThrows;
export const assertRejects: {
  (fn: () => PromiseLike<unknown>, msg?: string): Promise<unknown>;
  <E extends Error = Error>(
    fn: () => PromiseLike<unknown>,
    ErrorClass: Class<E>,
    msgIncludes?: string,
    msg?: string,
  ): Promise<E>;
} = std.assertRejects;
export const equal: (a: unknown, b: unknown) => boolean = std.equal;
export const fail: (msg?: string) => never = std.fail;
export const unimplemented: (msg?: string) => never = std.unimplemented;
export const unreachable: (reason?: string) => never = std.unreachable;
