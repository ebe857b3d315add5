/**
 * The one place where lasa asks what time it is and asks to be called back later.
 *
 * Everything above reads the {@linkcode Clock} that is installed here, so a test can install one
 * that it moves by hand. Times are milliseconds on a monotonic scale; they say nothing about dates.
 *
 * @module
 */

import { atTurnEnd } from "./turn.ts";

/** A source of monotonic time and of one-shot alarms. */
export interface Clock {
  /** Milliseconds since some fixed moment; never goes back. */
  now(): number;
  /**
   * Calls `callback` once, `delayMs` from now; gives a handle for {@linkcode Clock.clearAlarm}. A
   * background alarm does not keep the process alive.
   */
  setAlarm(callback: () => void, delayMs: number, options?: { isBackground?: boolean }): unknown;
  /** Takes an alarm back that has not gone off. */
  clearAlarm(handle: unknown): void;
  /**
   * Calls `callback` when all that runs now has run, before the next event. May be left out: then an
   * alarm that nobody needs any more is taken back at once, and not when nobody has come to need it.
   */
  soon?(callback: () => void): void;
}

const DONE = Promise.resolve();

// setTimeout takes 31 bits; a longer alarm goes off early and its owner sets it again.
const LONGEST_ALARM_MS = 2 ** 31 - 1;

/** The platform's own clock. */
export const systemClock: Clock = {
  now: () => performance.now(),
  setAlarm: (callback, delayMs, options) => {
    const handle = setTimeout(callback, Math.min(delayMs, LONGEST_ALARM_MS));
    if (options?.isBackground) Deno.unrefTimer(handle);
    return handle;
  },
  clearAlarm: (handle) => clearTimeout(handle as number),
  soon: atTurnEnd,
};

let installed: Clock = systemClock;

/** The clock that is installed now. */
export function currentClock(): Clock {
  return installed;
}

/**
 * Installs a clock for the whole module and gives back the one it replaces. For tests: nothing that
 * waits on the old clock is carried over.
 *
 * @param clock The clock to read from now on.
 * @returns The clock that was installed before.
 *
 * @example Run on a clock moved by hand
 * ```ts
 * import { installClock, ManualClock, sleep, spawn } from "@lasa/lasa/thread";
 *
 * const clock = new ManualClock();
 * const before = installClock(clock);
 * let woke = false;
 * spawn(async () => {
 *   await sleep(60_000);
 *   woke = true;
 * });
 * await clock.advance(60_000);
 * console.log(woke); // true, at once
 * installClock(before);
 * ```
 */
export function installClock(clock: Clock): Clock {
  const before = installed;
  installed = clock;
  return before;
}

/** Milliseconds on the installed clock. */
export function clockNow(): number {
  return installed.now();
}

let turnStamp = NaN;

function forgetTurn(): void {
  turnStamp = NaN;
}

/**
 * Milliseconds on the installed clock, asked at most once for all that runs now without a pause: for
 * stamps of which many are needed and none must be finer than a turn of the event loop.
 */
export function turnNow(): number {
  if (turnStamp !== turnStamp) {
    turnStamp = installed.now();
    // Half the price of queueMicrotask, which keeps book of what the callback throws.
    DONE.then(forgetTurn);
  }
  return turnStamp;
}
