/**
 * The part of `@std/testing/types` that lasa uses, for machines where JSR does not answer. npm's
 * copy of the package has no types, and there is nothing else in this module.
 *
 * @module
 */

/** Checks, when compiled, that a type comes out as `true` or `false`. */
export function assertType<T extends true | false>(_expectTrue: T): void {}

/** Compiles only where `T` is `true`. */
export type AssertTrue<T extends true> = T extends true ? never : unknown;
/** Compiles only where `T` is `false`. */
export type AssertFalse<T extends false> = T extends false ? never : unknown;

/** Is `T` the type `any`? */
export type IsAny<T> = 0 extends 1 & T ? true : false;
/** Is `T` the type `never`? */
export type IsNever<T> = [T] extends [never] ? true : false;
/** Is `T` the type `unknown`? */
export type IsUnknown<T> = IsAny<T> extends true ? false : unknown extends T ? true : false;
/** May `T` be `null` or `undefined`? */
export type IsNullable<T> = IsNever<Extract<T, null | undefined>> extends true ? false : true;

// Two conditional types are assignable to one another only where what they test is identical.
type Probe<T> = <G>() => G extends T ? 1 : 2;
/** Are `T` and `U` the same type? */
export type IsExact<T, U> = Probe<T> extends Probe<U> ? true : false;

/** Is `U` among what `T` may be? */
export type Has<T, U> = IsAny<T> extends true ? true
  : IsAny<U> extends true ? false
  : IsNever<Extract<T, U>> extends true ? false
  : true;
/** Is `U` not among what `T` may be? */
export type NotHas<T, U> = Has<T, U> extends true ? false : true;
