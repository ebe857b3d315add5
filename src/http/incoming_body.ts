/**
 * A response's body between the connection that reads it and the caller who wants it.
 *
 * Bodies are pulled: once more than a bound lies here unread, the connection stops reading, and the
 * peer is slowed by TCP itself. Ends exactly once: whole, failed, or cancelled.
 *
 * @module
 */

import {
  BrokenError,
  ClosedError,
  type LasaError,
  LimitError,
  LocalProtocolError,
  RemoteProtocolError,
  TimeoutError,
} from "../errors.ts";
import { concat } from "../bytes/concat.ts";
import { NO_FIELDS, type ReceivedFields } from "../protocol/http1/headers.ts";
import { clockNow } from "../thread/clock.ts";
import {
  type AbandonReason,
  abortedBy,
  park,
  refusal,
  type Waiter,
  type WaitPlace,
} from "../thread/wait.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** What keeping a piece costs beside its bytes, so that many tiny ones fill the buffer too. */
const PIECE_COST = 64;

/** What the body asks of the connection that reads it. */
export interface BodySource {
  /** Room again: read on. */
  resume(): void;
  /** Nobody wants the rest. */
  onBodyCancelled(body: IncomingBody): void;
}

/** What ends a body before its time. */
export interface BodyBounds {
  /** Milliseconds between two pieces, while somebody waits for the next. */
  readonly timeouts: { readonly body: number };
  /** When all must be over, on the clock's scale. */
  readonly deadlineAt: number;
  /** Ends it, read or not, when it fires. */
  readonly signal: AbortSignal | undefined;
}

/** The body of one response. */
export class IncomingBody implements WaitPlace {
  readonly #source: BodySource;
  readonly #bounds: BodyBounds;
  readonly #maxBuffered: number;
  #pieces: Bytes[] = [];
  #first = 0;
  #buffered = 0;
  #state: "open" | "ended" | "failed" | "cancelled" = "open";
  #error: LasaError | null = null;
  #trailers: ReceivedFields = NO_FIELDS;
  #reader: Waiter<Bytes | null> | null = null;
  #onOver: (() => void)[] | null = null;
  #isClaimed = false;
  #onAbort: (() => void) | null = null;

  constructor(source: BodySource, bounds: BodyBounds, maxBuffered: number) {
    this.#source = source;
    this.#bounds = bounds;
    this.#maxBuffered = maxBuffered;
    const { signal } = bounds;
    if (signal === undefined) return;
    this.#onAbort = () => this.cancel(Object.assign(abortedBy(signal), { sent: "all" as const }));
    signal.addEventListener("abort", this.#onAbort);
  }

  /** What its reader waits on. */
  get waitingOn(): string {
    return "the body of an answer";
  }

  /** Whether so much lies here that the connection should not read on. */
  get isFull(): boolean {
    return this.#buffered >= this.#maxBuffered;
  }

  /** Whether more of it is to come and is wanted. */
  get isOpen(): boolean {
    return this.#state === "open";
  }

  /** Whether all of it has arrived. */
  get hasEnded(): boolean {
    return this.#state === "ended";
  }

  /** Whether somebody has begun to read it. */
  get isClaimed(): boolean {
    return this.#isClaimed;
  }

  /** The trailer fields; there once the body has ended. */
  get trailers(): ReceivedFields {
    return this.#trailers;
  }

  /** Why it failed. */
  get error(): LasaError | null {
    return this.#error;
  }

  /** Takes the right to read it, which there is once. */
  claim(): void {
    if (this.#isClaimed) {
      throw new LocalProtocolError("Cannot read the body: it has been read already");
    }
    this.#isClaimed = true;
  }

  /** Takes a piece from the connection. */
  push(bytes: Bytes): void {
    if (this.#state !== "open") return;
    const reader = this.#reader;
    if (reader !== null) {
      this.#reader = null;
      reader.wake(bytes);
      return;
    }
    this.#pieces.push(bytes);
    this.#buffered += bytes.length + PIECE_COST;
  }

  /** All has arrived. */
  end(trailers: ReceivedFields): void {
    if (this.#state !== "open") return;
    this.#trailers = trailers;
    this.#settle("ended");
    this.#reader?.wake(null);
    this.#reader = null;
  }

  /** No more will arrive: the connection was closed, for this reason. */
  fail(reason: LasaError): void {
    if (this.#state !== "open") return;
    const error = this.#error = bodyError(reason);
    this.#settle("failed");
    this.#reader?.fail(error);
    this.#reader = null;
  }

  /** Drops what is here and what may come; who still reads is told why. */
  cancel(why: LasaError | null = null): void {
    this.#drop();
    if (this.#state !== "open") return;
    this.#error = why;
    this.#settle("cancelled");
    this.#reader?.fail(this.#whyCancelled);
    this.#reader = null;
    this.#source.onBodyCancelled(this);
  }

  /** Waits for the next piece; `null` at the end. */
  read(): Promise<Bytes | null> {
    const error = refusal();
    if (error !== null) {
      this.cancel();
      return Promise.reject(error);
    }
    if (this.#first < this.#pieces.length) {
      const piece = this.#pieces[this.#first++];
      if (this.#first === this.#pieces.length) this.#pieces.length = this.#first = 0;
      const wasFull = this.isFull;
      this.#buffered -= piece.length + PIECE_COST;
      if (wasFull && !this.isFull) this.#source.resume();
      return Promise.resolve(piece);
    }
    switch (this.#state) {
      case "ended":
        return Promise.resolve(null);
      case "failed":
        return Promise.reject(this.#error);
      case "cancelled":
        return Promise.reject(this.#whyCancelled);
      case "open":
        return this.#wait();
    }
  }

  /** All of it at once, where all of it is here and nothing has been taken; `null` otherwise. */
  takeWhole(): Bytes | null {
    if (this.#state !== "ended") return null;
    const pieces = this.#pieces.slice(this.#first);
    this.#drop();
    return pieces.length === 1 ? pieces[0] : concat(pieces);
  }

  /** Calls back once it has ended, failed or been cancelled. */
  whenOver(callback: () => void): void {
    if (this.#state !== "open") callback();
    else (this.#onOver ??= []).push(callback);
  }

  /** @internal */
  withdraw(_waiter: Waiter<unknown>, reason: AbandonReason): Error | void {
    this.#reader = null;
    if (reason !== "timeout") return this.cancel();
    const error = new TimeoutError("Cannot read the body: nothing came in time", {
      phase: "body",
      sent: "all",
    });
    this.cancel(error);
    return error;
  }

  #wait(): Promise<Bytes | null> {
    if (this.#reader !== null) {
      return Promise.reject(new LocalProtocolError("Cannot read the body twice at once"));
    }
    const { timeouts, deadlineAt } = this.#bounds;
    const leftMs = deadlineAt === Infinity ? Infinity : deadlineAt - clockNow();
    // Never without an alarm: it keeps the process alive while bytes are due.
    const timeoutMs = Math.min(timeouts.body, leftMs, 2 ** 30);
    this.#reader = park<Bytes | null>(this, { timeoutMs });
    return this.#reader.promise;
  }

  #drop(): void {
    this.#pieces = [];
    this.#first = this.#buffered = 0;
  }

  get #whyCancelled(): LasaError {
    return this.#error ?? new LocalProtocolError("Cannot read the body: it was cancelled");
  }

  #settle(state: "ended" | "failed" | "cancelled"): void {
    this.#state = state;
    if (this.#onAbort !== null) {
      this.#bounds.signal!.removeEventListener("abort", this.#onAbort);
      this.#onAbort = null;
    }
    const callbacks = this.#onOver;
    this.#onOver = null;
    if (callbacks !== null) { for (const callback of callbacks) callback(); }
  }
}

/** Tells a reader of a body why there is no more of it. */
function bodyError(error: LasaError): LasaError {
  if (
    error instanceof RemoteProtocolError || error instanceof LimitError ||
    error instanceof ClosedError
  ) {
    error.sent = "all";
    return error;
  }
  return new BrokenError(`Cannot read the body: ${error.message}`, {
    code: error.code,
    sent: "all",
    cause: error,
  });
}
