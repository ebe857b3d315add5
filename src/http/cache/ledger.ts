/**
 * What is on its way into the store: so that nobody misses what is about to be there, and nothing
 * that an unsafe request has made outdated comes in after it.
 *
 * @module
 */

import type { Recording } from "./recording.ts";

/** URLs whose last invalidation is remembered; what was asked for before it is not kept. */
const MAX_REMEMBERED = 1_000;

/** Recordings, commits and invalidations. */
export class Ledger {
  readonly #recordings = new Map<string, Set<Recording>>();
  readonly #committing = new Map<string, Promise<unknown>>();
  readonly #outdated = new Map<string, number>();
  /** Counts invalidations; times could be equal. */
  #count = 0;
  /** Invalidations up to this one have been forgotten. */
  #forgotten = 0;

  /** The moment now, to be compared with invalidations later. */
  get moment(): number {
    return this.#count;
  }

  /** Whether what was asked for at a moment may be outdated by now. */
  isOutdated(url: string, moment: number): boolean {
    return moment < this.#forgotten || (this.#outdated.get(url) ?? 0) > moment;
  }

  /** Notes that a URL's responses no longer count, and stops those on their way. */
  invalidate(url: string): void {
    this.#count++;
    this.#outdated.delete(url);
    this.#outdated.set(url, this.#count);
    if (this.#outdated.size > MAX_REMEMBERED) {
      const [oldest, count] = this.#outdated.entries().next().value!;
      this.#outdated.delete(oldest);
      this.#forgotten = count;
    }
    for (const recording of [...this.#recordings.get(url) ?? []]) recording.abort();
  }

  /** Notes a recording of a URL. */
  begin(url: string, recording: Recording): void {
    if (!recording.isOpen) return;
    const all = this.#recordings.get(url);
    if (all === undefined) this.#recordings.set(url, new Set([recording]));
    else all.add(recording);
  }

  /** Forgets a recording that has ended. */
  end(url: string, recording: Recording): void {
    const all = this.#recordings.get(url);
    if (all === undefined) return;
    all.delete(recording);
    if (all.size === 0) this.#recordings.delete(url);
  }

  /** Notes that something under a key is about to be findable. */
  commit(key: string, committing: Promise<unknown>): void {
    const before = this.#committing.get(key);
    const all: Promise<unknown> = Promise.all([before, committing]).finally(() => {
      if (this.#committing.get(key) === all) this.#committing.delete(key);
    });
    this.#committing.set(key, all);
  }

  /** What is about to be findable under a key; `undefined` for nothing. */
  committing(key: string): Promise<unknown> | undefined {
    return this.#committing.get(key);
  }

  /** Stops all recordings. */
  abortAll(): void {
    for (const all of [...this.#recordings.values()]) {
      for (const recording of [...all]) recording.abort();
    }
  }

  /** Waits for all commits. */
  async settled(): Promise<void> {
    await Promise.all(this.#committing.values());
  }
}
