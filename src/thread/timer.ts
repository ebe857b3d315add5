/**
 * Timers: functions called later, each in a light thread of its own.
 *
 * @module
 */

import { ClosedError } from "../errors.ts";
import { Alarm, clearAlarm, setAlarm } from "./alarms.ts";
import { runOutside } from "./frame.ts";
import { isShuttingDown, pendingTimers } from "./lifetime.ts";
import { current, type LightThread } from "./light_thread.ts";
import { spawn } from "./thread.ts";
import { nextTurn } from "./turn.ts";

/** What a timer calls; `premature` is true where the program ends before the time has come. */
export type TimerCallback<A extends unknown[]> = (premature: boolean, ...args: A) => unknown;

/** A function that will be called; {@linkcode kill} takes it back. */
export class Timer extends Alarm {
  readonly #callback: (premature: boolean) => unknown;
  readonly #intervalMs: number | null;
  readonly #owner: LightThread<unknown> | null = current();

  /** @internal Timers are made by {@linkcode at} and {@linkcode every}. */
  constructor(
    callback: (premature: boolean) => unknown,
    delayMs: number,
    intervalMs: number | null,
  ) {
    super();
    this.#callback = callback;
    this.#intervalMs = intervalMs;
    pendingTimers.add(this);
    this.#owner?.timers.add(this);
    setAlarm(this, delayMs);
    // With no delay it goes off when its setter yields, whichever way that is: an alarm comes before
    // every sleep that begins now, the next turn before every yield.
    if (delayMs === 0) {
      nextTurn(() => {
        if (this.isPending) this.fire(false);
      });
    }
  }

  /** Whether it will still call. */
  get isPending(): boolean {
    return pendingTimers.has(this);
  }

  /** @internal Takes it back; says whether there was something to take back. */
  stop(): boolean {
    clearAlarm(this);
    this.#owner?.timers.delete(this);
    return pendingTimers.delete(this);
  }

  /** @internal Calls now. */
  fire(premature: boolean): LightThread<unknown> {
    if (this.#intervalMs === null || premature) this.stop();
    else setAlarm(this, this.#intervalMs);
    // The callback's thread is nobody's child: whoever set the timer may be gone by now.
    return runOutside(() => spawn(this.#callback, premature));
  }

  /** @internal */
  override onAlarm(): void {
    this.fire(false);
  }
}

function makeTimer<A extends unknown[]>(
  delayMs: number,
  intervalMs: number | null,
  callback: TimerCallback<A>,
  args: A,
): Timer {
  if (!(delayMs >= 0)) {
    throw new RangeError(`Cannot set a timer: ${delayMs} is not a duration in milliseconds`);
  }
  if (typeof callback !== "function") {
    throw new TypeError(`Cannot set a timer: ${String(callback)} is not a function`);
  }
  // What is set with no delay still runs; all else would be called at once, and untimely.
  if (isShuttingDown() && (delayMs > 0 || intervalMs !== null)) {
    throw new ClosedError("Cannot set a timer: process exiting", { code: "process exiting" });
  }
  const name = `timer ${callback.name || "anonymous"}`;
  // A function takes its name from its key, and the thread takes its from the function.
  const named = { [name]: (premature: boolean) => callback(premature, ...args) };
  return new Timer(named[name], delayMs, intervalMs);
}

/**
 * Calls a function once, later, in a light thread of its own.
 *
 * @param delayMs When, in milliseconds from now; with 0 at the caller's next wait.
 * @param callback Called with `premature` (true where {@linkcode shutdown} comes first) and the args.
 * @param args What else it is called with.
 * @returns The timer. It ends with the thread that set it where that is killed.
 * @throws {RangeError} Where the delay is negative or not a number.
 * @throws {ClosedError} (code `"process exiting"`) For a delay above 0 during a shutdown.
 *
 * @example Once, later
 * ```ts
 * import { sleep, timer } from "@lasa/lasa";
 *
 * timer.at(5, (premature, word) => console.log(premature, word), "now"); // false "now"
 * await sleep(10);
 * ```
 */
export function at<A extends unknown[]>(
  delayMs: number,
  callback: TimerCallback<A>,
  ...args: A
): Timer {
  return makeTimer(delayMs, null, callback, args);
}

/**
 * Calls a function again and again, each time in a light thread of its own.
 *
 * @param intervalMs How far apart, in milliseconds, more than 0.
 * @param callback Called with `premature` and the args.
 * @param args What else it is called with.
 * @returns The timer.
 * @throws {RangeError} Where the interval is not above 0.
 *
 * @example Twice, then no more
 * ```ts
 * import { sleep, timer } from "@lasa/lasa";
 *
 * let count = 0;
 * const ticks = timer.every(2, () => {
 *   if (++count === 2) timer.kill(ticks);
 * });
 * await sleep(20);
 * console.log(count); // 2
 * ```
 */
export function every<A extends unknown[]>(
  intervalMs: number,
  callback: TimerCallback<A>,
  ...args: A
): Timer {
  if (!(intervalMs > 0)) {
    throw new RangeError(`Cannot set a timer: interval ${intervalMs} is not above 0`);
  }
  return makeTimer(intervalMs, intervalMs, callback, args);
}

/**
 * Takes a timer back.
 *
 * @returns Whether it would still have called.
 *
 * @example Never mind
 * ```ts
 * import { timer } from "@lasa/lasa";
 *
 * console.log(timer.kill(timer.at(1_000, () => console.log("never")))); // true
 * ```
 */
export function kill(timer: Timer): boolean {
  if (!(timer instanceof Timer)) {
    throw new TypeError(`Cannot kill: ${String(timer)} is not a timer`);
  }
  return timer.stop();
}
