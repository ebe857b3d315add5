/**
 * Waits on several things at once, so that exactly one of them happens.
 *
 * Each case stands in the line of its own place as if it waited there alone. The first to be woken
 * takes all the others out of their lines before the one who selects is woken, so the losers have
 * neither given nor taken anything.
 *
 * @module
 */

import { clearAlarm, setAlarm } from "./alarms.ts";
import { QueueEntry } from "./queue.ts";
import {
  type AbandonReason,
  park,
  refusal,
  type Waiter,
  type WaitOptions,
  type WaitPlace,
} from "./wait.ts";

/** Something that a `select` can wait on. */
export interface Selectable<T> {
  /** Does it now if that needs no waiting. */
  trySelect(): { readonly value: T } | null;
  /** @internal Gets in line. */
  enroll(entry: QueueEntry<T>): void;
  /** @internal Gets out of the line; told why where the whole wait was given up. */
  withdraw(entry: QueueEntry<T>, reason?: AbandonReason): void;
  /** Whether only another thread can make it happen; see `report`. */
  readonly isOnThreads?: boolean;
}

/** What happened: the key of the case, and its value. */
export type Selected<C extends Record<string, Selectable<unknown>>> = {
  [K in keyof C & string]: { readonly key: K; readonly value: SelectedValue<C[K]> };
}[keyof C & string];

/** The value of a case. */
export type SelectedValue<S> = S extends Selectable<infer T> ? T : never;

class Case extends QueueEntry<unknown> {
  readonly key: string;
  readonly selectable: Selectable<unknown>;
  readonly #selection: Selection;

  constructor(key: string, selectable: Selectable<unknown>, selection: Selection) {
    super();
    this.key = key;
    this.selectable = selectable;
    this.#selection = selection;
  }

  override wake(value: unknown): boolean {
    return this.#selection.settle(this, () => ({ key: this.key, value }));
  }

  override fail(error: unknown): boolean {
    return this.#selection.settle(this, () => {
      throw error;
    });
  }

  override onAlarm(): void {
    this.wake(undefined);
  }
}

class Selection implements WaitPlace {
  readonly #cases: Case[] = [];
  readonly #waiter: Waiter<{ key: string; value: unknown }>;

  constructor(cases: [string, Selectable<unknown>][], options: WaitOptions | undefined) {
    this.#waiter = park(this, options);
    try {
      for (const [key, selectable] of cases) {
        const each = new Case(key, selectable, this);
        selectable.enroll(each);
        this.#cases.push(each);
      }
    } catch (error) {
      // A place that has room for one, named twice: nothing happens at all.
      this.withdraw();
      this.#waiter.fail(error);
    }
  }

  get waitingOn(): string {
    return `one of ${this.#cases.map((each) => each.key).join(", ")}`;
  }

  get promise(): Promise<{ key: string; value: unknown }> {
    return this.#waiter.promise;
  }

  get isOnThreads(): boolean {
    return this.#cases.every((each) => each.selectable.isOnThreads === true);
  }

  withdraw(_waiter?: Waiter<unknown>, reason?: AbandonReason): void {
    for (const each of this.#cases) each.selectable.withdraw(each, reason);
  }

  /** Ends with the case that its place has taken out of its line. */
  settle(winner: Case, outcome: () => { key: string; value: unknown }): boolean {
    if (!this.#waiter.isParked) return false;
    for (const each of this.#cases) if (each !== winner) each.selectable.withdraw(each);
    try {
      return this.#waiter.wake(outcome());
    } catch (error) {
      return this.#waiter.fail(error);
    }
  }
}

/**
 * Waits until one of several things can be done, and does that one.
 *
 * Of those that can be done at once, the one named first is done. A case that fails (a channel that
 * is closed) ends the select with its error.
 *
 * @param cases What to wait on, by name: `channel.receiving()`, `channel.sending(v)`,
 *   `semaphore.waiting()`, `after(ms)`, `ending(thread)`, `socket.accepting()`, …
 * @param options When to give up.
 * @returns The name of what happened, and its value.
 * @throws {TimeoutError} Where nothing happened in time.
 * @throws {TypeError} Where no case was given.
 *
 * @example A value, or not for long
 * ```ts
 * import { after, Channel, select } from "@lasa/lasa";
 *
 * const words = new Channel<string>();
 * const what = await select({ word: words.receiving(), late: after(5) });
 * console.log(what.key); // "late"
 * ```
 */
export function select<C extends Record<string, Selectable<unknown>>>(
  cases: C,
  options?: WaitOptions,
): Promise<Selected<C>> {
  const error = refusal(options?.signal);
  if (error !== null) return Promise.reject(error);
  const entries = Object.entries(cases);
  if (entries.length === 0) {
    return Promise.reject(new TypeError("Cannot select: no case was given"));
  }
  try {
    for (const [key, selectable] of entries) {
      const done = selectable.trySelect();
      if (done !== null) return Promise.resolve({ key, value: done.value } as Selected<C>);
    }
    return new Selection(entries, options).promise as Promise<Selected<C>>;
  } catch (error) {
    return Promise.reject(error);
  }
}

/**
 * The passing of time, as a case of a {@linkcode select}.
 *
 * @param ms How long, in milliseconds; with 0 the case happens where no earlier one can at once.
 * @throws {RangeError} Where `ms` is negative or not a number.
 *
 * @example No longer than a moment
 * ```ts
 * import { after, select, Semaphore } from "@lasa/lasa";
 *
 * const places = new Semaphore(0);
 * console.log((await select({ place: places.waiting(), late: after(5) })).key); // "late"
 * ```
 */
export function after(ms: number): Selectable<void> {
  if (!(ms >= 0)) throw new RangeError(`Cannot wait: ${ms} is not a duration in milliseconds`);
  return {
    trySelect: () => ms === 0 ? { value: undefined } : null,
    enroll: (entry) => {
      if (ms !== Infinity) setAlarm(entry, ms);
    },
    withdraw: (entry) => clearAlarm(entry),
  };
}
