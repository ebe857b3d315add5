/**
 * How many retries a target may have: a share of its requests, so that retries never multiply an
 * outage, and a small reserve, so that a rare request may be retried at all.
 *
 * What requests have paid in counts for the last thousand of them; the reserve fills up by itself.
 *
 * @module
 */

/** Milliseconds in which an empty reserve is full again. */
const REFILL_MS = 10_000;
/** Requests that what is paid in counts for at most. */
const REMEMBERED_REQUESTS = 1_000;

/** The retries of one target. */
export class RetryBudget {
  readonly #target: { readonly requestCount: number };
  readonly #ratio: number;
  readonly #reserve: number;
  #left: number;
  #countedRequests = 0;
  #filledAt = -Infinity;

  /**
   * A full reserve.
   *
   * @param target Whose requests pay in.
   * @param ratio Retries that each request pays for.
   * @param reserve Retries that are there without any.
   */
  constructor(target: { readonly requestCount: number }, ratio: number, reserve: number) {
    this.#target = target;
    this.#ratio = ratio;
    this.#reserve = reserve;
    this.#left = reserve;
  }

  /** Retries that are left. */
  left(now: number): number {
    this.#fill(now);
    return Math.floor(this.#left);
  }

  /** Takes one, where one is left. */
  tryTake(now: number): boolean {
    this.#fill(now);
    if (this.#left < 1) return false;
    this.#left--;
    return true;
  }

  #fill(now: number): void {
    const { requestCount } = this.#target;
    const most = this.#reserve + this.#ratio * REMEMBERED_REQUESTS;
    const paidIn = this.#ratio * (requestCount - this.#countedRequests);
    this.#countedRequests = requestCount;
    this.#left = Math.min(most, this.#left + paidIn);
    const refilled = this.#reserve * Math.min(1, (now - this.#filledAt) / REFILL_MS);
    this.#filledAt = now;
    if (this.#left < this.#reserve) this.#left = Math.min(this.#reserve, this.#left + refilled);
  }
}
