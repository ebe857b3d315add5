import type { Clock } from "./clock.ts";

interface ManualAlarm {
  at: number;
  order: number;
  callback: () => void;
}

/** Lets every promise that can go on now go on: one whole turn of the event loop. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/**
 * A clock that stands still until it is moved, so that an hour of timeouts takes no time.
 *
 * Install it with {@linkcode installClock}.
 *
 * @example Move time by hand
 * ```ts
 * import { ManualClock } from "@lasa/lasa/thread";
 *
 * const clock = new ManualClock();
 * clock.setAlarm(() => console.log("five seconds later"), 5_000);
 * await clock.advance(5_000);
 * console.log(clock.now()); // 5000
 * ```
 */
export class ManualClock implements Clock {
  #now = 0;
  #order = 0;
  readonly #alarms = new Set<ManualAlarm>();

  /** Milliseconds that the clock has been moved by. */
  now(): number {
    return this.#now;
  }

  /** How many alarms are set. */
  get pending(): number {
    return this.#alarms.size;
  }

  /** Calls `callback` when the clock has been moved by `delayMs` from here. */
  setAlarm(callback: () => void, delayMs: number): unknown {
    const alarm = { at: this.#now + delayMs, order: ++this.#order, callback };
    this.#alarms.add(alarm);
    return alarm;
  }

  /** Takes an alarm back. */
  clearAlarm(handle: unknown): void {
    this.#alarms.delete(handle as ManualAlarm);
  }

  /**
   * Moves the clock, stopping at each alarm on the way and letting what it wakes run before going on.
   *
   * @param ms How far to move, in milliseconds.
   */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms;
    await turn();
    for (;;) {
      let next: ManualAlarm | null = null;
      for (const alarm of this.#alarms) {
        if (alarm.at > end) continue;
        if (
          next === null || alarm.at < next.at || (alarm.at === next.at && alarm.order < next.order)
        ) {
          next = alarm;
        }
      }
      if (next === null) break;
      this.#alarms.delete(next);
      this.#now = Math.max(this.#now, next.at);
      next.callback();
      await turn();
    }
    this.#now = end;
  }
}
