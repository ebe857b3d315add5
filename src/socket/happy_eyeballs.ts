/**
 * Several addresses, one connection: RFC 8305, "happy eyeballs".
 *
 * The addresses are tried in turn, a new one each time the last has failed or has kept silent for a
 * while; the first that stands wins, and all others are closed.
 *
 * @module
 */

import { type BrokenError, LasaError, TimeoutError } from "../errors.ts";
import { Alarm, clearAlarm, setAlarm } from "../thread/alarms.ts";
import { ioError } from "./io_error.ts";

/** Milliseconds after which the next address is tried (RFC 8305 §8). */
export const ATTEMPT_DELAY_MS = 250;

/**
 * Reads the option `happyEyeballs`.
 *
 * @param given `false` for one address after the other, or milliseconds.
 * @returns Milliseconds between two attempts.
 * @throws {RangeError} Where it is no duration.
 */
export function attemptDelayOf(given: boolean | number | undefined): number {
  if (given === undefined || given === true) return ATTEMPT_DELAY_MS;
  if (given === false) return Infinity;
  if (given >= 0) return given;
  throw new RangeError(`Cannot set happyEyeballs: ${given} is not a duration in milliseconds`);
}

/**
 * The order in which to try: the families in turn, IPv6 first, each in the order that it came in
 * (RFC 8305 §4).
 */
export function interleaved(addresses: readonly string[]): string[] {
  const six = addresses.filter((address) => address.includes(":"));
  const four = addresses.filter((address) => !address.includes(":"));
  const order: string[] = [];
  for (let at = 0; at < Math.max(six.length, four.length); at++) {
    if (at < six.length) order.push(six[at]);
    if (at < four.length) order.push(four[at]);
  }
  return order;
}

/** How {@linkcode connectFirst} goes about it. */
export interface ConnectFirstOptions {
  /** What is being done, for the error: `"connect to example.com:80"`. */
  readonly doing: string;
  /** Milliseconds between two attempts; `Infinity` for one after the other. */
  readonly delayMs: number;
  /** Takes all attempts back. */
  readonly signal?: AbortSignal;
}

/**
 * Tries addresses until one connection stands.
 *
 * @param addresses Which, in this order; at least one.
 * @param connect Calls one; it must end soon after its signal fires.
 * @returns The first connection. No other stays open.
 * @throws {BrokenError} Or of the kind of the most telling failure; it names every address.
 */
export function connectFirst<T extends { close(): void }>(
  addresses: readonly string[],
  connect: (address: string, signal: AbortSignal | undefined) => Promise<T>,
  options: ConnectFirstOptions,
): Promise<T> {
  if (addresses.length === 1) {
    return connect(addresses[0], options.signal).catch((error) => {
      // What was told in words of its own needs no others.
      if (options.signal?.aborted || error instanceof LasaError) throw error;
      throw allFailed([{ address: addresses[0], error }], options.doing);
    });
  }
  return new Promise((resolve, reject) => {
    new Race(addresses, connect, options, resolve, reject).start();
  });
}

interface Failure {
  readonly address: string;
  readonly error: unknown;
}

class Race<T extends { close(): void }> extends Alarm {
  readonly #addresses: readonly string[];
  readonly #connect: (address: string, signal: AbortSignal) => Promise<T>;
  readonly #options: ConnectFirstOptions;
  readonly #resolve: (winner: T) => void;
  readonly #reject: (error: unknown) => void;
  readonly #failures: Failure[] = [];
  readonly #running = new Set<AbortController>();
  readonly #onAbort = () => this.#takeBack(this.#options.signal!.reason);
  #next = 0;
  #state: "open" | "won" | "taken back" = "open";

  constructor(
    addresses: readonly string[],
    connect: (address: string, signal: AbortSignal) => Promise<T>,
    options: ConnectFirstOptions,
    resolve: (winner: T) => void,
    reject: (error: unknown) => void,
  ) {
    super();
    this.#addresses = addresses;
    this.#connect = connect;
    this.#options = options;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  start(): void {
    const { signal } = this.#options;
    if (signal?.aborted) return this.#reject(signal.reason);
    signal?.addEventListener("abort", this.#onAbort, { once: true });
    this.#tryNext();
  }

  /** @internal The last one tried has kept silent for long enough. */
  override onAlarm(): void {
    this.#tryNext();
  }

  #tryNext(): void {
    const address = this.#addresses[this.#next++];
    const attempt = new AbortController();
    this.#running.add(attempt);
    this.#connect(address, attempt.signal).then(
      (connection) => this.#onOpen(attempt, connection),
      (error) => this.#onFailed(attempt, { address, error }),
    );
    const { delayMs } = this.#options;
    if (delayMs !== Infinity && this.#next < this.#addresses.length) setAlarm(this, delayMs);
  }

  #onOpen(attempt: AbortController, connection: T): void {
    this.#running.delete(attempt);
    if (this.#state !== "open") {
      connection.close();
      return this.#endTakenBack();
    }
    this.#state = "won";
    this.#end();
    for (const loser of this.#running) loser.abort();
    this.#resolve(connection);
  }

  #onFailed(attempt: AbortController, failure: Failure): void {
    this.#running.delete(attempt);
    if (this.#state !== "open") return this.#endTakenBack();
    this.#failures.push(failure);
    if (this.#next < this.#addresses.length) {
      clearAlarm(this);
      return this.#tryNext();
    }
    if (this.#running.size > 0) return;
    this.#end();
    this.#reject(allFailed(this.#failures, this.#options.doing));
  }

  #takeBack(reason: unknown): void {
    this.#state = "taken back";
    this.#end();
    for (const attempt of this.#running) attempt.abort(reason);
  }

  /** What was taken back is over only when the last attempt is: nothing may be left open behind it. */
  #endTakenBack(): void {
    if (this.#state === "taken back" && this.#running.size === 0) {
      this.#reject(this.#options.signal!.reason);
    }
  }

  #end(): void {
    clearAlarm(this);
    this.#options.signal?.removeEventListener("abort", this.#onAbort);
  }
}

/** One error for all failures; it is of the kind of the first that says more than "no way there". */
function allFailed(failures: readonly Failure[], doing: string): LasaError {
  const errors = failures.map(({ error }) => ioError(error, doing));
  const isNoWay = ({ code }: LasaError) =>
    code === "network is unreachable" || code === "no route to host";
  const telling = errors.find((error) => !isNoWay(error)) ?? errors[0];
  const prefix = `Cannot ${doing}: `;
  const causes = errors.map((error, at) => {
    const { message } = error;
    const text = message.startsWith(prefix) ? message.slice(prefix.length) : message;
    // An address that was called by itself is named by what was being done.
    return doing.includes(failures[at].address) ? text : `${failures[at].address}: ${text}`;
  });
  const message = prefix + causes.join("; ");
  const cause = errors.length === 1 ? errors[0].cause ?? errors[0] : new AggregateError(errors);
  if (telling instanceof TimeoutError) {
    return new TimeoutError(message, { phase: telling.phase, cause });
  }
  const Kind = telling.constructor as typeof BrokenError;
  return new Kind(message, { code: telling.code, cause });
}
