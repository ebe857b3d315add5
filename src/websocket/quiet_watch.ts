/**
 * Finds the sessions that nobody has read from for a while.
 *
 * One alarm in the background serves all of them, and no read moves it: each has the time from which on
 * nobody read from it, and is looked at when that of the first may be up. One that is being read then
 * leaves; it comes back when its reader does not.
 *
 * @module
 */

import { type Clock, clockNow, currentClock, turnNow } from "../thread/clock.ts";
import { runOutside } from "../thread/frame.ts";

/** Milliseconds without a read after which a session reads by itself. */
export const QUIET_MS = 1_000;

// Between two looks at least: thousands of sessions whose times differ by a millisecond each would
// otherwise all be looked at for each of them.
const LEAST_PAUSE_MS = 50;

/** What can be watched. */
export interface Watched {
  /** When it was left: whole milliseconds, which V8 keeps without an object of their own. */
  leftAt: number;
  /** Called once, the quiet time after that; it leaves the watch. Must not throw. */
  onQuiet(): void;
}

const watched = new Set<Watched>();
let clock: Clock | null = null;
let handle: unknown = null;

/** It was left by its last reader, or found none: the quiet time starts. */
export function watchQuiet(session: Watched): void {
  session.leftAt = Math.trunc(turnNow());
  const now = currentClock();
  // What waits on a clock that was taken away is not carried over to the next.
  if (clock !== now) forgetAll();
  clock = now;
  watched.add(session);
  if (handle === null) lookIn(QUIET_MS);
}

/** It is closed, or is another's. */
export function unwatchQuiet(session: Watched): void {
  if (watched.delete(session) && watched.size === 0) forgetAll();
}

function forgetAll(): void {
  watched.clear();
  if (handle !== null) clock!.clearAlarm(handle);
  handle = null;
}

function lookIn(delayMs: number): void {
  // A session that nobody reads must not keep the process alive, nor the thread that read it last.
  runOutside(() => handle = clock!.setAlarm(look, delayMs, { isBackground: true }));
}

function look(): void {
  handle = null;
  const now = clockNow();
  let next = Infinity;
  for (const session of watched) {
    const dueAt = session.leftAt + QUIET_MS;
    if (dueAt > now) {
      if (dueAt < next) next = dueAt;
      continue;
    }
    watched.delete(session);
    session.onQuiet();
  }
  if (next < Infinity) lookIn(Math.max(Math.ceil(next - now), LEAST_PAUSE_MS));
}
