/**
 * Whose code runs now, and by when its waits must end.
 *
 * @module
 */

import { AsyncLocalStorage } from "node:async_hooks";
import type { KilledError } from "../errors.ts";
import type { Waiter } from "./wait.ts";

/** What the code that runs now belongs to: a thread, and the deadline that its waits must keep. */
export interface Frame {
  /** The thread whose waits these are. */
  readonly holder: WaitHolder;
  /** When every wait inside must have ended, on the clock's scale; `Infinity` for never. */
  readonly deadlineAt: number;
}

/** Follows the code through every `await`. */
export const frames: AsyncLocalStorage<Frame | undefined> = new AsyncLocalStorage();

/** Runs `fn` as code outside every thread, for lasa's own loops: no kill and no deadline reaches it. */
export function runOutside<T>(fn: () => T): T {
  return frames.run(undefined, fn);
}

/**
 * Loads a module where it is first needed, in nobody's name.
 *
 * Deno runs what begins outside afterwards (a request of `Deno.serve`, a connection of `node:net`) in
 * the context in which the last module was loaded: it would count as this thread's, and once that is
 * killed could wait for nothing.
 */
export function loadOutside<T>(load: () => Promise<T>): Promise<T> {
  return runOutside(load);
}

/** What holds parked waits: the part of a light thread that the waits know. */
export interface WaitHolder extends Frame {
  /** Why every later wait is refused; `null` while waits are allowed. */
  killedBy: KilledError | null;
  /** @internal The latest of the waits. */
  firstWait: Waiter<unknown> | null;
}

/** Abandons every wait of a holder that is killed. */
export function abandonWaits(holder: WaitHolder, error: Error): void {
  while (holder.firstWait !== null) holder.firstWait.abandon("killed", error);
}
