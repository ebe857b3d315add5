/**
 * Whether a target's connections outlive an answer, whatever its answers say.
 *
 * Some servers and proxies promise a kept connection and close it behind each answer: the next request
 * is on its way into a closed door. After a few of those, connections are used once for a while.
 *
 * @module
 */

/** Doors that closed behind the first answer, one after the other; then it is no accident. */
const MOST_LOSSES = 3;
/** How long connections are used once, in milliseconds. */
const REST_MS = 60_000;

/** One target's record. */
export class KeepingRecord {
  #losses = 0;
  #onceUntil = 0;

  /** A connection ended behind its first answer, with a request on its way. */
  onLost(now: number): void {
    if (++this.#losses >= MOST_LOSSES) this.#onceUntil = now + REST_MS;
  }

  /** A connection has given a second answer. */
  onKept(): void {
    this.#losses = 0;
  }

  /** Whether a connection is to be closed behind its answer. */
  isOnce(now: number): boolean {
    if (this.#onceUntil === 0) return false;
    if (now < this.#onceUntil) return true;
    this.#onceUntil = this.#losses = 0;
    return false;
  }
}
