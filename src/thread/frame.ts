/**
 * Whose code runs now, and by when its waits must end.
 *
 * @module
 */

import { AsyncLocalStorage } from "node:async_hooks";
import type { KilledError } from "../errors.ts";
import type { AbandonReason, WaitPlace } from "./wait.ts";

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

/** A parked wait, as its holder knows it. */
export interface HeldWait {
  /** Where it is parked. */
  readonly place: WaitPlace;
  /** When it was parked, on the clock's scale. */
  readonly parkedAt: number;
  /** Whether only another thread can end it. */
  readonly isOnThreads: boolean;
  /** @internal */
  holderNext: HeldWait | null;
  /** @internal */
  holderPrevious: HeldWait | null;
  /** Gives the wait up: the place forgets it, then it fails. */
  abandon(reason: AbandonReason, error: Error): void;
}

/** What holds parked waits: the part of a light thread that the waits know. */
export interface WaitHolder {
  /** Why every later wait is refused; `null` while waits are allowed. */
  killedBy: KilledError | null;
  /** @internal The latest of the waits. */
  firstWait: HeldWait | null;
}

/** Puts a wait that is parked on its holder's list. */
export function hold(holder: WaitHolder, wait: HeldWait): void {
  const next = wait.holderNext = holder.firstWait;
  if (next !== null) next.holderPrevious = wait;
  holder.firstWait = wait;
}

/** Takes a wait that ends off its holder's list. */
export function letGo(holder: WaitHolder, wait: HeldWait): void {
  const next = wait.holderNext;
  const previous = wait.holderPrevious;
  if (previous === null) holder.firstWait = next;
  else previous.holderNext = next;
  if (next !== null) next.holderPrevious = previous;
  wait.holderNext = wait.holderPrevious = null;
}

/** Holds the waits of code outside every thread that has a deadline, or that an ended one left. */
class Outside implements WaitHolder {
  readonly killedBy = null;
  firstWait: HeldWait | null = null;
}

/** The holder where there is none. */
export const outside: WaitHolder = new Outside();

/** Abandons every wait of a holder that is killed. */
export function abandonWaits(holder: WaitHolder, error: Error): void {
  while (holder.firstWait !== null) holder.firstWait.abandon("killed", error);
}
