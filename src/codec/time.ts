/**
 * The time of day: seconds since 1970-01-01 UTC, with decimals. It jumps when the clock is set;
 * for measuring use {@linkcode monotonicTime}.
 *
 * @returns Seconds since the epoch.
 *
 * @example The year
 * ```ts
 * import { now } from "@lasa/lasa/codec";
 * import { assert } from "@std/assert";
 *
 * assert(new Date(now() * 1000).getUTCFullYear() >= 2026);
 * ```
 */
export function now(): number {
  return Date.now() / 1000;
}

/**
 * A clock that never goes back: microseconds since some moment in the past, for measuring.
 *
 * @returns Microseconds, with decimals where the platform gives them.
 *
 * @example Measure something
 * ```ts
 * import { monotonicTime } from "@lasa/lasa/codec";
 * import { assert } from "@std/assert";
 *
 * const start = monotonicTime();
 * for (let i = 0; i < 1000; i++) Math.sqrt(i);
 * assert(monotonicTime() >= start);
 * ```
 */
export function monotonicTime(): number {
  return performance.now() * 1000;
}
