/**
 * How a thread's function begins, and how its end is learnt.
 *
 * @module
 */

import { type Frame, frames, type WaitHolder } from "./frame.ts";
import type { LightThread } from "./light_thread.ts";

/** What a thread's code carries through every `await`. */
export class ThreadFrame implements Frame {
  /**
   * The thread, until it has ended. V8 keeps what a context leads to over one collection: where that
   * was all of the thread, and not this little, a spawn took 65 ns more.
   */
  holder: WaitHolder;
  // A number that is no whole one costs an object of its own in V8; most threads have no deadline.
  readonly #deadlineAt: number | null;

  /** Made with the deadline in force where it is made. */
  constructor(thread: WaitHolder, deadlineAt: number) {
    this.holder = thread;
    this.#deadlineAt = deadlineAt === Infinity ? null : deadlineAt;
  }

  get deadlineAt(): number {
    return this.#deadlineAt ?? Infinity;
  }
}

// Handed over here, since the arguments of AsyncLocalStorage.run cost arrays.
let starting: LightThread<unknown> | null = null;
let startingFn: ((...args: never[]) => unknown) | null = null;
let startingArgs: unknown[] | null = null;

/** Starts a thread's function in its frame; returns at the function's first wait. */
export function startThread(
  thread: LightThread<unknown>,
  frame: ThreadFrame,
  fn: (...args: never[]) => unknown,
  args: unknown[],
): void {
  starting = thread;
  startingFn = fn;
  startingArgs = args;
  frames.run(frame, startNext);
}

function startNext(): void {
  const thread = starting!;
  const fn = startingFn!;
  const args = startingArgs!;
  starting = startingFn = startingArgs = null;
  let result: unknown;
  try {
    result = fn(...args as never[]);
  } catch (error) {
    return thread.finish(false, error);
  }
  // Who is no promise of the platform's might call back in another thread's frame.
  if (isThenable(result)) Promise.resolve(result).then(onReturned, onThrown);
  else thread.finish(true, result);
}

// These run in the frame of the thread that they belong to, so they need not close over it: two
// closures less for each thread that is parked.
function onReturned(value: unknown): void {
  running().finish(true, value);
}

function onThrown(error: unknown): void {
  running().finish(false, error);
}

function running(): LightThread<unknown> {
  return frames.getStore()!.holder as LightThread<unknown>;
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return value !== null && typeof value === "object" &&
    typeof (value as PromiseLike<unknown>).then === "function";
}
