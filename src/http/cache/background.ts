/**
 * Work behind the callers' backs: bounded, one for each key, in nobody's thread.
 *
 * @module
 */

import { runOutside } from "../../thread/frame.ts";

/** The jobs that run now. */
export class Background {
  readonly #most: number;
  readonly #jobs = new Map<string, Promise<void>>();

  /** Allows so many at once. */
  constructor(most: number) {
    this.#most = most;
  }

  /** Starts a job, unless one for its key runs or there are too many; what it fails with is dropped. */
  start(key: string, job: () => Promise<void>): void {
    if (this.#jobs.has(key) || this.#jobs.size >= this.#most) return;
    const running = runOutside(job).catch(() => {}).finally(() => this.#jobs.delete(key));
    this.#jobs.set(key, running);
  }

  /** Waits until none of those that run now is left. */
  async settled(): Promise<void> {
    await Promise.all(this.#jobs.values());
  }
}
