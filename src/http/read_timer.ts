import { Alarm, clearAlarm, setAlarm } from "../thread/alarms.ts";
import { clockNow } from "../thread/clock.ts";

/**
 * The time that one wait after the other may take. One alarm serves them all: where it goes off too
 * early it is set again for what is left. To set one for each piece of a large body, and to take it
 * back, cost a tenth of reading it, since the platform's timer went and came with it. It keeps the
 * process alive as long as it is set.
 */
export class ReadTimer extends Alarm {
  readonly #onLate: () => void;
  #lateAt = 0;

  /** @param onLate Called where a wait takes too long. */
  constructor(onLate: () => void) {
    super();
    this.#onLate = onLate;
  }

  /** A wait begins, which may take so many milliseconds. */
  start(ms: number): void {
    this.#lateAt = clockNow() + ms;
    if (this.alarmList !== null) {
      if (this.dueAt <= this.#lateAt) return;
      clearAlarm(this);
    }
    setAlarm(this, ms);
  }

  /** Nobody waits. */
  stop(): void {
    clearAlarm(this);
  }

  /** @internal */
  override onAlarm(): void {
    const leftMs = this.#lateAt - clockNow();
    if (leftMs > 0) setAlarm(this, leftMs);
    else this.#onLate();
  }
}
