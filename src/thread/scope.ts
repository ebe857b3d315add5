import { LocalProtocolError } from "../errors.ts";
import { current, type LightThread } from "./light_thread.ts";
import { spawn } from "./thread.ts";
import { logThreadError } from "./thread_error.ts";
import type { Result } from "./thread_info.ts";
import { WaitQueue } from "./queue.ts";
import { park, refusal, type Waiter, type WaitPlace } from "./wait.ts";

/** What {@linkcode scope} takes. */
export interface ScopeOptions {
  /** Whether the first failure kills the other children and is thrown; `true` unless told. */
  failFast?: boolean;
}

/**
 * A block whose threads never outlive it.
 *
 * @example Children end with the block
 * ```ts
 * import { sleep, thread } from "@lasa/lasa";
 *
 * {
 *   await using scope = thread.scope();
 *   scope.spawn(sleep, 60_000);
 *   const quick = scope.spawn(() => "done");
 *   console.log(quick.status); // "zombie"
 * } // the sleeper is killed here
 * ```
 */
export class ThreadScope implements AsyncDisposable {
  readonly #owner = current();
  readonly #failFast: boolean;
  readonly #children: LightThread<unknown>[] = [];
  #left = 0;
  #failed: LightThread<unknown> | null = null;
  readonly #waiters = new WaitQueue<void>();
  readonly #place: WaitPlace = {
    waitingOn: "the children of its scope",
    isOnThreads: true,
    withdraw: (waiter) => this.#waiters.remove(waiter as Waiter<void>),
  };
  #isClosed = false;

  /** Makes a scope of the thread that calls; {@linkcode scope} does the same. */
  constructor(options: ScopeOptions = {}) {
    this.#failFast = options.failFast ?? true;
  }

  /**
   * Starts a child of this scope; like `spawn`.
   *
   * @param fn What the child does.
   * @param args What the function is called with.
   * @throws {LocalProtocolError} Where the scope is over, or belongs to another thread.
   */
  spawn<A extends unknown[], T>(
    fn: (...args: A) => T | Promise<T>,
    ...args: A
  ): LightThread<T> {
    if (this.#isClosed) throw new LocalProtocolError("Cannot spawn in a scope that is over");
    if (current() !== this.#owner) {
      throw new LocalProtocolError("Cannot spawn in the scope of another thread");
    }
    const child = spawn(fn, ...args);
    child.leaveToScope();
    this.#children.push(child as LightThread<unknown>);
    this.#left++;
    child.whenFinished(() => this.#onFinished(child as LightThread<unknown>));
    return child;
  }

  /**
   * Waits until all children have ended.
   *
   * @returns How each ended, in the order of spawning.
   * @throws The first child's failure, after the others are killed, unless `failFast` is `false`.
   */
  async wait(): Promise<Result[]> {
    const error = refusal();
    if (error !== null) throw error;
    while (this.#left > 0) {
      const waiter = park<void>(this.#place);
      this.#waiters.push(waiter);
      await waiter.promise;
    }
    const ends = this.#children.map((child) => child.reap());
    if (this.#failed !== null && this.#failFast) {
      const end = this.#failed.outcome!;
      if (!end.ok) throw end.error;
    }
    return ends;
  }

  /** Kills what still runs, the latest first, and waits until their `finally` blocks are done. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    for (const child of this.#children.toReversed()) await this.#stop(child);
  }

  #onFinished(child: LightThread<unknown>): void {
    this.#left--;
    // A child that was killed on purpose has not failed.
    if (!child.outcome!.ok && !child.wasKilled && this.#failed === null) {
      this.#failed = child;
      if (this.#failFast) {
        for (const other of this.#children.toReversed()) if (!other.hasEnded) other.stop();
      }
    }
    if (this.#left > 0) return;
    for (let waiter = this.#waiters.shift(); waiter !== null; waiter = this.#waiters.shift()) {
      waiter.wake();
    }
  }

  #stop(child: LightThread<unknown>): Promise<void> {
    if (!child.hasEnded) {
      child.stop();
    } else if (!child.isReaped) {
      const end = child.reap();
      if (!end.ok) logThreadError(child, end.error);
    }
    // Not a lasa wait: a killed owner, too, waits for its children's clean-up.
    return new Promise((resolve) => child.whenFinished(resolve));
  }
}

/**
 * Opens a scope for `await using`: its children never outlive the block.
 *
 * @param options Whether one failure ends the others.
 * @returns The scope.
 *
 * @example One failure ends the others
 * ```ts
 * import { sleep, thread } from "@lasa/lasa";
 *
 * await using scope = thread.scope();
 * scope.spawn(sleep, 60_000);
 * scope.spawn(() => Promise.reject(new Error("no such page")));
 * await scope.wait().catch((error) => console.log(error.message)); // "no such page"
 * ```
 */
export function scope(options?: ScopeOptions): ThreadScope {
  return new ThreadScope(options);
}
