import { refusal, Waiter, type WaitOptions, type WaitPlace } from "./wait.ts";

/** A wait whose timeout is its good end; a deadline that comes first is none. */
export class Sleep extends Waiter<void> {
  protected override onTimeout(): void {
    this.wake();
  }
}

class SleepPlace implements WaitPlace {
  readonly ms: number;
  constructor(ms: number) {
    this.ms = ms;
  }
  get waitingOn(): string {
    return `${this.ms} ms`;
  }
  withdraw(): void {}
}

/**
 * Waits for a while; other threads run meanwhile.
 *
 * @param ms How long, in milliseconds; fractions are rounded up.
 * @param options A signal that ends the sleep early.
 * @throws {RangeError} Where `ms` is negative or not a number.
 * @throws {KilledError} Where the thread is killed meanwhile.
 *
 * @example A short rest
 * ```ts
 * import { sleep } from "@lasa/lasa";
 *
 * await sleep(5);
 * ```
 */
export function sleep(ms: number, options?: WaitOptions): Promise<void> {
  if (!(ms >= 0)) {
    return Promise.reject(new RangeError(`Cannot sleep: ${ms} is not a duration in milliseconds`));
  }
  const error = refusal(options?.signal);
  if (error !== null) return Promise.reject(error);
  return new Sleep(new SleepPlace(ms), ms, options?.signal).promise;
}
