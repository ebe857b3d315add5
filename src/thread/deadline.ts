import { clockNow } from "./clock.ts";
import { type Frame, frames, outside, type WaitHolder } from "./frame.ts";
import { refusal } from "./wait.ts";

// Not a literal: V8 would allocate those as old objects, since what a context leads to lives over a
// collection, and an old frame keeps its thread until the next full one.
class DeadlineFrame implements Frame {
  readonly deadlineAt: number;
  readonly #around: Frame | undefined;

  constructor(around: Frame | undefined, deadlineAt: number) {
    this.#around = around;
    this.deadlineAt = deadlineAt;
  }

  get holder(): WaitHolder {
    return this.#around?.holder ?? outside;
  }
}

/**
 * Runs a function all of whose waits, sockets and children included, end within a time.
 *
 * @param ms The time, in milliseconds from now; an earlier deadline around it stays in force.
 * @param fn What to run.
 * @returns What the function returns.
 * @throws {TimeoutError} (phase `"deadline"`) from the wait that would have gone on.
 * @throws {RangeError} Where `ms` is negative or not a number.
 *
 * @example No more than a moment
 * ```ts
 * import { sleep, thread } from "@lasa/lasa";
 *
 * await thread.deadline(10, () => sleep(60_000)).catch((error) => console.log(error.phase));
 * // "deadline"
 * ```
 */
export async function deadline<T>(ms: number, fn: () => T | Promise<T>): Promise<T> {
  if (!(ms >= 0)) {
    throw new RangeError(`Cannot set a deadline: ${ms} is not a duration in milliseconds`);
  }
  const error = refusal();
  if (error !== null) throw error;
  const around = frames.getStore();
  const deadlineAt = Math.min(clockNow() + ms, around?.deadlineAt ?? Infinity);
  return await frames.run(new DeadlineFrame(around, deadlineAt), fn);
}
