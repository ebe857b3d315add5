import { ClosedError } from "../errors.ts";
import { WaitQueue } from "./queue.ts";
import type { Selectable } from "./select.ts";
import { park, refusal, type Waiter, type WaitOptions, type WaitPlace } from "./wait.ts";

const SENT = Promise.resolve();

/** What {@linkcode Channel.tryReceive} gives. */
export type Received<T> = { ok: true; value: T } | { ok: false };

/**
 * Hands values from thread to thread, first come, first served.
 *
 * With capacity 0 a sender waits until somebody takes its value; with more, until there is room.
 *
 * @example A producer and a consumer
 * ```ts
 * import { Channel, thread } from "@lasa/lasa";
 *
 * const numbers = new Channel<number>();
 * thread.spawn(async () => {
 *   for (let n = 1; n <= 3; n++) await numbers.send(n);
 *   numbers.close();
 * });
 * for await (const n of numbers) console.log(n);
 * ```
 */
export class Channel<T> {
  readonly #capacity: number;
  // A ring would save the shifts of an array; the head index does as much with less.
  #buffer: (T | undefined)[] = [];
  #head = 0;
  readonly #senders = new WaitQueue<void>();
  readonly #receivers = new WaitQueue<T>();
  readonly #sendPlace: WaitPlace;
  readonly #receivePlace: WaitPlace;
  #isClosed = false;

  /**
   * Makes a channel.
   *
   * @param capacity How many values it keeps while nobody takes them.
   * @throws {RangeError} Where the capacity is not a whole number from 0 up.
   */
  constructor(capacity = 0) {
    if (!(Number.isSafeInteger(capacity) || capacity === Infinity) || capacity < 0) {
      throw new RangeError(
        `Cannot make a channel: capacity ${capacity} is not a whole number from 0 up`,
      );
    }
    this.#capacity = capacity;
    this.#sendPlace = {
      waitingOn: "a receiver of a channel",
      isOnThreads: true,
      withdraw: (waiter) => this.#senders.remove(waiter as Waiter<void>),
    };
    this.#receivePlace = {
      waitingOn: "a value of a channel",
      isOnThreads: true,
      withdraw: (waiter) => this.#receivers.remove(waiter as Waiter<T>),
    };
  }

  /** Whether {@linkcode Channel.close} was called. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** How many values it keeps now. */
  get size(): number {
    return this.#buffer.length - this.#head;
  }

  /**
   * Hands a value over, waiting until it is taken or there is room for it.
   *
   * @param value What to send.
   * @param options When to give up; a value given up was not sent.
   * @throws {ClosedError} Where the channel is closed, or gets closed meanwhile.
   * @throws {TimeoutError} Where nobody took it in time.
   */
  send(value: T, options?: WaitOptions): Promise<void> {
    const error = refusal(options?.signal);
    if (error !== null) return Promise.reject(error);
    if (this.#isClosed) {
      return Promise.reject(new ClosedError("Cannot send: the channel is closed"));
    }
    if (this.#put(value)) return SENT;
    const waiter = park<void>(this.#sendPlace, options);
    waiter.item = value;
    this.#senders.push(waiter);
    return waiter.promise;
  }

  /**
   * Takes the next value, waiting for one.
   *
   * @param options When to give up.
   * @throws {ClosedError} Where the channel is closed and empty.
   * @throws {TimeoutError} Where none came in time.
   */
  receive(options?: WaitOptions): Promise<T> {
    const error = refusal(options?.signal);
    if (error !== null) return Promise.reject(error);
    const taken = this.tryReceive();
    if (taken.ok) return Promise.resolve(taken.value);
    if (this.#isClosed) {
      return Promise.reject(new ClosedError("Cannot receive: the channel is closed and empty"));
    }
    const waiter = park<T>(this.#receivePlace, options);
    this.#receivers.push(waiter);
    return waiter.promise;
  }

  /** Hands a value over if that needs no waiting; says whether it did. A closed channel takes none. */
  trySend(value: T): boolean {
    return !this.#isClosed && this.#put(value);
  }

  /** Takes the next value if that needs no waiting. */
  tryReceive(): Received<T> {
    if (this.size === 0) {
      const sender = this.#senders.shift();
      if (sender === null) return { ok: false };
      sender.wake();
      return { ok: true, value: sender.item as T };
    }
    const value = this.#buffer[this.#head] as T;
    this.#buffer[this.#head++] = undefined;
    if (this.#head === this.#buffer.length) {
      this.#buffer.length = this.#head = 0;
    } else if (this.#head > 1024 && this.#head * 2 > this.#buffer.length) {
      this.#buffer = this.#buffer.slice(this.#head);
      this.#head = 0;
    }
    // Room again: the one who has waited longest puts its value behind the others.
    const sender = this.#senders.shift();
    if (sender !== null) {
      this.#buffer.push(sender.item as T);
      sender.wake();
    }
    return { ok: true, value };
  }

  /** Receiving, as a case of a `select`. */
  receiving(): Selectable<T> {
    return {
      isOnThreads: true,
      trySelect: () => {
        const taken = this.tryReceive();
        if (!taken.ok && this.#isClosed) {
          throw new ClosedError("Cannot receive: the channel is closed and empty");
        }
        return taken.ok ? taken : null;
      },
      enroll: (entry) => this.#receivers.push(entry),
      withdraw: (entry) => this.#receivers.remove(entry),
    };
  }

  /**
   * Sending, as a case of a `select`.
   *
   * @param value What is sent if the case is the one that happens.
   */
  sending(value: T): Selectable<void> {
    return {
      isOnThreads: true,
      trySelect: () => {
        if (this.#isClosed) throw new ClosedError("Cannot send: the channel is closed");
        return this.#put(value) ? { value: undefined } : null;
      },
      enroll: (entry) => {
        entry.item = value;
        this.#senders.push(entry);
      },
      withdraw: (entry) => this.#senders.remove(entry),
    };
  }

  /** Closes it: senders fail, receivers take what is left and then fail. Again does nothing. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    for (let sender = this.#senders.shift(); sender !== null; sender = this.#senders.shift()) {
      sender.fail(new ClosedError("Cannot send: the channel was closed"));
    }
    for (let taker = this.#receivers.shift(); taker !== null; taker = this.#receivers.shift()) {
      taker.fail(new ClosedError("Cannot receive: the channel is closed and empty"));
    }
  }

  /** Gives the values one by one; ends when the channel is closed and empty. */
  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, undefined> {
    for (;;) {
      const taken = this.tryReceive();
      if (taken.ok) {
        yield taken.value;
        continue;
      }
      if (this.#isClosed) return;
      let value: T;
      try {
        value = await this.receive();
      } catch (error) {
        if (error instanceof ClosedError && this.#isClosed) return;
        throw error;
      }
      yield value;
    }
  }

  #put(value: T): boolean {
    const receiver = this.#receivers.shift();
    if (receiver !== null) {
      receiver.wake(value);
      return true;
    }
    if (this.size >= this.#capacity) return false;
    this.#buffer.push(value);
    return true;
  }
}
