import { frames } from "./frame.ts";
import { LightThread } from "./light_thread.ts";
import type { ThreadInfo } from "./thread_info.ts";

/**
 * Starts a light thread. The function runs at once, up to its first wait; then `spawn` returns.
 *
 * @param fn What the thread does; its error ends this thread alone.
 * @param args What the function is called with.
 * @returns The thread, a child of the one that called.
 *
 * @example Two threads side by side
 * ```ts
 * import { sleep, spawn, wait } from "@lasa/lasa/thread";
 *
 * const slow = spawn(async (ms: number) => {
 *   await sleep(ms);
 *   return "slow";
 * }, 20);
 * const quick = spawn(() => "quick");
 * console.log((await wait(quick)).ok, (await wait(slow)).ok); // true true
 * ```
 */
export function spawn<A extends unknown[], T>(
  fn: (...args: A) => T | Promise<T>,
  ...args: A
): LightThread<T> {
  if (typeof fn !== "function") {
    throw new TypeError(`Cannot spawn a thread: ${String(fn)} is not a function`);
  }
  const thread = new LightThread<T>(fn.name || "anonymous", frames.getStore());
  thread.start(fn, args);
  return thread;
}

/**
 * Every thread that has not ended, oldest first.
 *
 * @example Who waits on what
 * ```ts
 * import { kill, list, sleep, spawn } from "@lasa/lasa/thread";
 *
 * const sleeper = spawn(sleep, 1_000);
 * console.log(list().map((t) => `${t.name}: ${t.waitingOn}`)); // [ "sleep: 1000 ms" ]
 * kill(sleeper);
 * ```
 */
export function list(): ThreadInfo[] {
  return LightThread.live().map((thread) => thread.info());
}
