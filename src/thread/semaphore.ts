import { TimeoutError } from "../errors.ts";
import { WaitQueue } from "./queue.ts";
import type { Selectable } from "./select.ts";
import { park, refusal, type Waiter, type WaitOptions, type WaitPlace } from "./wait.ts";

const GRANTED = Promise.resolve();

/**
 * Counts resources that threads take and give; who came first is served first.
 *
 * @example At most two at once
 * ```ts
 * import { Semaphore, sleep, thread } from "@lasa/lasa";
 *
 * const places = new Semaphore(2);
 * const jobs = [1, 2, 3].map((n) =>
 *   thread.spawn(async () => {
 *     await places.wait();
 *     try {
 *       await sleep(5);
 *       return n;
 *     } finally {
 *       places.post();
 *     }
 *   })
 * );
 * await thread.waitAll(...jobs);
 * console.log(places.count()); // 2
 * ```
 */
export class Semaphore {
  #resources: number;
  readonly #queue: WaitQueue<void>;
  readonly #place: WaitPlace;

  /**
   * Makes a semaphore.
   *
   * @param n How many resources there are at the start.
   * @throws {RangeError} Where `n` is not a whole number from 0 up.
   */
  constructor(n = 0) {
    if (!Number.isSafeInteger(n) || n < 0) {
      throw new RangeError(`Cannot make a semaphore: ${n} is not a whole number from 0 up`);
    }
    this.#resources = n;
    const queue = this.#queue = new WaitQueue();
    this.#place = {
      get waitingOn() {
        return `a semaphore (${queue.size} waiting)`;
      },
      isOnThreads: true,
      withdraw: (waiter) => queue.remove(waiter as Waiter<void>),
    };
  }

  /**
   * Takes one resource, waiting for it in line.
   *
   * @param timeoutMs How long to wait, in milliseconds; 0 never waits, without it the wait has no end.
   * @param options A signal that ends the wait.
   * @throws {TimeoutError} Where none came in time.
   * @throws {RangeError} Where `timeoutMs` is negative or not a number.
   */
  wait(timeoutMs = Infinity, options?: Pick<WaitOptions, "signal">): Promise<void> {
    if (!(timeoutMs >= 0)) {
      return Promise.reject(
        new RangeError(`Cannot wait: ${timeoutMs} is not a duration in milliseconds`),
      );
    }
    const error = refusal(options?.signal);
    if (error !== null) return Promise.reject(error);
    // post() hands over to waiters itself, so what is left here belongs to nobody: no barging.
    if (this.#resources > 0) {
      this.#resources--;
      return GRANTED;
    }
    if (timeoutMs === 0) {
      return Promise.reject(new TimeoutError("Cannot wait for a semaphore: timeout"));
    }
    const waiter = park<void>(this.#place, { timeoutMs, signal: options?.signal });
    this.#queue.push(waiter);
    return waiter.promise;
  }

  /** Taking one resource, as a case of a `select`. */
  waiting(): Selectable<void> {
    return {
      isOnThreads: true,
      trySelect: () => {
        if (this.#resources === 0) return null;
        this.#resources--;
        return { value: undefined };
      },
      enroll: (entry) => this.#queue.push(entry),
      withdraw: (entry) => this.#queue.remove(entry),
    };
  }

  /**
   * Gives resources back. Those woken run after the caller's next wait or end.
   *
   * @param n How many.
   * @throws {RangeError} Where `n` is not a whole number from 1 up.
   */
  post(n = 1): void {
    if (!Number.isSafeInteger(n) || n < 1) {
      throw new RangeError(`Cannot post: ${n} is not a whole number from 1 up`);
    }
    while (n > 0) {
      const waiter = this.#queue.shift();
      if (waiter === null) break;
      waiter.wake();
      n--;
    }
    this.#resources += n;
  }

  /** The resources that are free; where negative, how many threads wait. */
  count(): number {
    return this.#resources - this.#queue.size;
  }
}
