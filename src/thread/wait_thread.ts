/**
 * Waiting on the ends of threads, and ending them.
 *
 * @module
 */

import { LocalProtocolError } from "../errors.ts";
import { type Collector, current, LightThread } from "./light_thread.ts";
import type { QueueEntry } from "./queue.ts";
import type { Selectable } from "./select.ts";
import type { Result } from "./thread_info.ts";
import { park, refusal, type Waiter, type WaitPlace } from "./wait.ts";

/** The part that `wait` and `waitAll` share: one parked wait on the ends of several threads. */
abstract class ThreadWait implements WaitPlace, Collector {
  protected readonly threads: readonly LightThread<unknown>[];
  protected left = 0;
  readonly isOnThreads = true;

  constructor(threads: readonly LightThread<unknown>[]) {
    this.threads = threads;
    for (const thread of threads) {
      if (thread.hasEnded) continue;
      this.left++;
      thread.addCollector(this);
    }
  }

  get waitingOn(): string {
    const living = this.threads.filter((thread) => !thread.hasEnded);
    return `the end of thread ${living.map((t) => `${t.id} (${t.name})`).join(", ")}`;
  }

  abstract onEnd(thread: LightThread<unknown>): void;

  withdraw(): void {
    for (const thread of this.threads) thread.removeCollector(this);
  }
}

class FirstEnd extends ThreadWait {
  readonly waiter: Waiter<Result> = park(this);

  override onEnd(thread: LightThread<unknown>): void {
    this.withdraw();
    this.waiter.wake(thread.reap());
  }
}

class AllEnds extends ThreadWait {
  readonly waiter: Waiter<void> = park(this);

  // A thread that was named twice ends twice.
  override onEnd(thread: LightThread<unknown>): void {
    thread.markReaped();
    if (--this.left === 0) this.waiter.wake();
  }
}

function checkChildren(threads: readonly LightThread<unknown>[], verb: string): Error | null {
  const parent = current();
  for (const thread of threads) {
    if (!(thread instanceof LightThread)) {
      return new TypeError(`Cannot ${verb}: ${String(thread)} is not a light thread`);
    }
    if (thread.parent !== parent) {
      return new LocalProtocolError(
        `Cannot ${verb} on thread ${thread.id} (${thread.name}): only its direct parent can`,
        { code: "not the parent" },
      );
    }
    if (thread.isReaped) {
      return new LocalProtocolError(
        `Cannot ${verb} on thread ${thread.id} (${thread.name}): already waited or killed`,
        { code: "already waited or killed" },
      );
    }
  }
  return refusal();
}

/**
 * Waits until one of the children has ended, well or not, and tells how.
 *
 * Of several that have ended already the first argument wins; the others stay to be waited on.
 *
 * @param threads One or more children of the calling thread.
 * @returns How the first to end has ended.
 * @throws {LocalProtocolError} Where one is not a child of the caller, or was waited on or killed.
 * @throws {KilledError} Where the waiting thread is killed.
 *
 * @example The quicker of two
 * ```ts
 * import { kill, sleep, spawn, wait } from "@lasa/lasa/thread";
 *
 * const slow = spawn(sleep, 30);
 * const first = await wait(slow, spawn(sleep, 10));
 * console.log(first.ok, first.thread.status); // true "dead"
 * kill(slow);
 * ```
 */
export function wait<T>(...threads: LightThread<T>[]): Promise<Result<T>> {
  const all = threads as unknown as LightThread<unknown>[];
  if (all.length === 0) {
    return Promise.reject(new TypeError("Cannot wait: no light thread was given"));
  }
  const error = checkChildren(all, "wait");
  if (error !== null) return Promise.reject(error);
  for (const thread of threads) if (thread.hasEnded) return Promise.resolve(thread.reap());
  return new FirstEnd(all).waiter.promise as Promise<Result<T>>;
}

/**
 * Waits until all of the children have ended, and tells how each did, in the order of the arguments.
 *
 * @param threads Children of the calling thread.
 * @returns How each has ended.
 * @throws {LocalProtocolError} Where one is not a child of the caller, or was waited on or killed.
 *
 * @example All of them
 * ```ts
 * import { spawn, waitAll } from "@lasa/lasa/thread";
 *
 * const ends = await waitAll(spawn(() => 1), spawn(() => 2));
 * console.log(ends.map((end) => end.ok && end.value)); // [1, 2]
 * ```
 */
export async function waitAll<T>(...threads: LightThread<T>[]): Promise<Result<T>[]> {
  const all = threads as unknown as LightThread<unknown>[];
  const error = checkChildren(all, "wait");
  if (error !== null) throw error;
  if (all.some((thread) => !thread.hasEnded)) await new AllEnds(all).waiter.promise;
  return threads.map((thread) => thread.reap());
}

/**
 * Kills a child: the wait it is parked in fails with `KilledError`, its `finally` blocks run, later
 * waits fail at once, its `signal` aborts. Code that never waits cannot be stopped.
 *
 * @param thread A child of the calling thread.
 * @returns `true` where it was killed, `false` where it had ended already.
 * @throws {LocalProtocolError} Where the caller is not its direct parent.
 *
 * @example Give up on a slow thread
 * ```ts
 * import { kill, sleep, spawn } from "@lasa/lasa/thread";
 *
 * const slow = spawn(sleep, 60_000);
 * console.log(kill(slow), kill(slow)); // true false
 * ```
 */
export function kill(thread: LightThread<unknown> | LightThread<never>): boolean {
  const child = thread as LightThread<unknown>;
  if (child.parent !== current()) {
    throw new LocalProtocolError(
      `Cannot kill thread ${child.id} (${child.name}): killer not parent`,
      { code: "killer not parent" },
    );
  }
  if (child.hasEnded) {
    child.reap();
    return false;
  }
  child.stop();
  return true;
}

/**
 * The end of a child, as a case of a `select`; the case takes the end, as `wait` does.
 *
 * @param thread A child of the calling thread.
 * @throws {LocalProtocolError} Where it is not a child of the caller, or was waited on or killed.
 *
 * @example Whichever comes first
 * ```ts
 * import { after, ending, select, sleep, spawn } from "@lasa/lasa/thread";
 *
 * const quick = spawn(sleep, 2);
 * console.log((await select({ done: ending(quick), late: after(1_000) })).key); // "done"
 * ```
 */
export function ending<T>(thread: LightThread<T>): Selectable<Result<T>> {
  const child = thread as unknown as LightThread<unknown>;
  const enrolled = new Map<QueueEntry<Result<T>>, Collector>();
  return {
    isOnThreads: true,
    trySelect: () => {
      const error = checkChildren([child], "wait");
      if (error !== null) throw error;
      return thread.hasEnded ? { value: thread.reap() } : null;
    },
    enroll: (entry) => {
      const collector = {
        onEnd: () => {
          if (entry.wake(thread.outcome!)) thread.reap();
        },
      };
      enrolled.set(entry, collector);
      child.addCollector(collector);
    },
    withdraw: (entry) => {
      child.removeCollector(enrolled.get(entry)!);
      enrolled.delete(entry);
    },
  };
}
