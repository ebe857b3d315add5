/**
 * Parking and waking: the one place where anything in lasa waits.
 *
 * A wait is a {@linkcode Waiter}. It knows the thread that waits, the place it waits at, and when it
 * gives up; it ends exactly once, woken by its place or abandoned (timeout, kill, abort, deadline).
 * Semaphores, channels, sockets and requests only decide whom to wake; that a wait can time out, be
 * killed, be listed, and that an abandoned one costs nobody else a turn, is written here alone.
 *
 * No `Promise.race` and no listener on a long-lived promise: both leak while the promise lives.
 *
 * @module
 */

import { AbortedError, KilledError, TimeoutError } from "../errors.ts";
import { type Alarm, type AlarmList, clearAlarm, setAlarm } from "./alarms.ts";
import { clockNow, turnNow } from "./clock.ts";
import { type Frame, frames, type HeldWait, hold, letGo, type WaitHolder } from "./frame.ts";
import type { QueueEntry } from "./queue.ts";

/** Why a wait was given up. */
export type AbandonReason = "timeout" | "deadline" | "killed" | "aborted";

/** A place where waits are parked. */
export interface WaitPlace {
  /** What is waited on, in words, for the list of threads. */
  readonly waitingOn: string;
  /** Whether only another thread can end the wait, which makes a deadlock where all wait so. */
  readonly isOnThreads?: boolean;
  /**
   * Forgets a waiter that gives up. May return the error to fail it with, where the place knows
   * more than the general one.
   */
  withdraw(waiter: Waiter<unknown>, reason: AbandonReason): Error | void;
}

/** How long a wait may take and what may end it. */
export interface WaitOptions {
  /** Milliseconds after which the wait fails with `TimeoutError`; none or `Infinity`: never. */
  timeoutMs?: number;
  /** Ends the wait with `AbortedError` when it fires. */
  signal?: AbortSignal;
}

/**
 * What a wait is resolved with to fail it, which saves every parked wait a function of its own. Not a
 * failed promise: the platform would keep book of each as unhandled until it is taken.
 */
export class Failure implements PromiseLike<never> {
  readonly #error: unknown;

  constructor(error: unknown) {
    this.#error = error;
  }

  then<A = never, B = never>(
    _onFulfilled?: ((value: never) => A | PromiseLike<A>) | null,
    onRejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): PromiseLike<A | B> {
    onRejected!(this.#error);
    return this as PromiseLike<never>;
  }
}

/** One parked wait. */
export class Waiter<T> implements QueueEntry<T>, HeldWait {
  /** When its timeout ends, on the clock's scale. Meaningful where it has one. */
  dueAt = 0;
  /** @internal */
  alarmList: AlarmList | null = null;
  /** @internal */
  alarmPrevious: Alarm | null = null;
  /** @internal */
  alarmNext: Alarm | null = null;
  /** What a sender brought along. */
  item: unknown = undefined;
  /** @internal */
  queueNext: QueueEntry<T> | null = null;
  /** @internal */
  queuePrevious: QueueEntry<T> | null = null;
  /** Settles when the wait ends. */
  readonly promise: Promise<T>;
  /** Where it is parked. */
  readonly place: WaitPlace;
  /** Whose wait it is; `null` outside every thread. */
  readonly holder: WaitHolder | null;
  /** @internal */
  holderNext: HeldWait | null = null;
  /** @internal */
  holderPrevious: HeldWait | null = null;
  /** When it was parked, on the clock's scale; 0 outside every thread. */
  parkedAt = 0;
  // `null` once it has ended.
  #resolve!: ((value: T | Failure) => void) | null;
  #forgetSignal: (() => void) | null = null;
  #byDeadline = false;

  /** Parks the code that runs now, whose frame may be given, at a place. */
  constructor(
    place: WaitPlace,
    timeoutMs: number,
    signal: AbortSignal | undefined,
    frame: Frame | undefined = frames.getStore(),
  ) {
    this.place = place;
    this.promise = new Promise<T>((resolve) => this.#resolve = resolve as (v: T | Failure) => void);
    if (frame === undefined) {
      this.holder = null;
    } else {
      const holder = this.holder = frame.holder;
      hold(holder, this);
      this.parkedAt = Math.trunc(turnNow());
      if (frame.deadlineAt !== Infinity) {
        const leftMs = frame.deadlineAt - clockNow();
        if (leftMs < timeoutMs) {
          timeoutMs = leftMs;
          this.#byDeadline = true;
        }
      }
    }
    if (timeoutMs !== Infinity) setAlarm(this, timeoutMs);
    if (signal !== undefined) {
      const onAbort = () => this.abandon("aborted", abortedBy(signal));
      signal.addEventListener("abort", onAbort);
      this.#forgetSignal = () => signal.removeEventListener("abort", onAbort);
    }
  }

  /** Whether it still waits. */
  get isParked(): boolean {
    return this.#resolve !== null;
  }

  /** Whether only another thread can end it, which a timeout of its own can, too. */
  get isOnThreads(): boolean {
    return this.place.isOnThreads === true && this.alarmList === null;
  }

  /** Ends the wait with a value; says whether it was still waiting. */
  wake(value: T): boolean {
    const resolve = this.#resolve;
    if (resolve === null) return false;
    this.#unpark();
    resolve(value);
    return true;
  }

  /** Ends this wait, and leads its caller on to another one. */
  wakeWith(next: Promise<T>): void {
    const resolve = this.#resolve;
    if (resolve === null) return;
    this.#unpark();
    resolve(next as T);
  }

  /** Ends the wait with an error; says whether it was still waiting. */
  fail(error: unknown): boolean {
    const resolve = this.#resolve;
    if (resolve === null) return false;
    this.#unpark();
    resolve(new Failure(error));
    return true;
  }

  /** Gives the wait up: the place forgets it, then it fails. */
  abandon(reason: AbandonReason, error: Error): void {
    const resolve = this.#resolve;
    if (resolve === null) return;
    this.#unpark();
    const better = this.place.withdraw(this as Waiter<unknown>, reason);
    // A killed thread may have left this promise alone on purpose: that must not end the process.
    if (reason === "killed") this.promise.catch(() => {});
    resolve(new Failure(better ?? error));
  }

  /** @internal */
  onAlarm(): void {
    if (!this.#byDeadline) return this.onTimeout();
    this.abandon("deadline", deadlinePassed(this.place));
  }

  /** Ends the wait when its own time is up, which for most is a failure. */
  protected onTimeout(): void {
    const what = this.place.waitingOn;
    this.abandon("timeout", new TimeoutError(`Cannot wait longer for ${what}: timeout`));
  }

  #unpark(): void {
    this.#resolve = null;
    if (this.alarmList !== null) clearAlarm(this);
    if (this.#forgetSignal !== null) {
      this.#forgetSignal();
      this.#forgetSignal = null;
    }
    if (this.holder !== null) letGo(this.holder, this);
  }
}

/** The error of a wait that a deadline ended. */
export function deadlinePassed(place: WaitPlace): TimeoutError {
  const message = `Cannot wait for ${place.waitingOn}: the deadline has passed`;
  return new TimeoutError(message, { phase: "deadline" });
}

/** The error of a wait that a signal ended. */
export function abortedBy(signal: AbortSignal): AbortedError {
  const reason = signal.reason;
  const told = reason instanceof Error ? reason.message : String(reason);
  return new AbortedError(`aborted: ${told}`, { cause: reason });
}

/**
 * Why the code that runs now may not wait: its thread was killed, its deadline has passed, or the
 * signal has fired already. Every wait asks this first, also where it could be met at once.
 */
export function refusal(
  signal?: AbortSignal,
  frame: Frame | undefined = frames.getStore(),
): Error | null {
  if (frame !== undefined) {
    if (frame.holder.killedBy !== null) return new KilledError(frame.holder.killedBy.message);
    if (frame.deadlineAt !== Infinity && frame.deadlineAt <= clockNow()) {
      return new TimeoutError("Cannot wait: the deadline has passed", { phase: "deadline" });
    }
  }
  if (signal !== undefined && signal.aborted) return abortedBy(signal);
  return null;
}

/** The smallest wait: parks the code that runs now; call only after {@linkcode refusal} gave none. */
export function park<T>(place: WaitPlace, options?: WaitOptions): Waiter<T> {
  return new Waiter<T>(place, options?.timeoutMs ?? Infinity, options?.signal);
}
