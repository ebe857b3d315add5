/**
 * Light threads and what they wait on: sleep, semaphores, channels, other threads.
 *
 * @example Two threads and a channel
 * ```ts
 * import { Channel, spawn, waitAll } from "@lasa/lasa/thread";
 *
 * const words = new Channel<string>();
 * const speaker = spawn(async () => {
 *   for (const word of ["light", "threads"]) await words.send(word);
 *   words.close();
 * });
 * const listener = spawn(async () => {
 *   for await (const word of words) console.log(word);
 * });
 * await waitAll(speaker, listener);
 * ```
 *
 * @module
 */

export { Channel, type Received } from "./channel.ts";
export { type Clock, currentClock, installClock, systemClock } from "./clock.ts";
export { deadline } from "./deadline.ts";
export { detach, type DetachedResult, DetachedThread, type DetachOptions } from "./detach.ts";
export { ManualClock } from "./manual_clock.ts";
export { report, reportAtExit } from "./report.ts";
export { scope, type ScopeOptions, ThreadScope } from "./scope.ts";
export { Semaphore } from "./semaphore.ts";
export { sleep } from "./sleep.ts";
export { yieldNow, yieldNow as yield } from "./yield.ts";
export { after, select, type Selectable, type Selected, type SelectedValue } from "./select.ts";
export { shutdown } from "./shutdown.ts";
export { current, LightThread } from "./light_thread.ts";
export { list, spawn } from "./thread.ts";
export { ending, kill, wait, waitAll } from "./wait_thread.ts";
export type { WaitOptions } from "./wait.ts";
export type { Result, ThreadInfo, ThreadStatus } from "./thread_info.ts";
