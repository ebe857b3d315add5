/**
 * A response's body between the connection that reads it and the caller who wants it.
 *
 * Bodies are pulled: once more than a bound lies here unread, the connection stops reading, and the
 * peer is slowed by TCP itself. Ends exactly once: whole, failed, or cancelled.
 *
 * Where somebody waits, what comes next is read into his own memory, be it what he brought or a new
 * piece for him to keep. A read of the platform cannot be taken back: memory that was brought to a
 * read that failed must not be used any more, since bytes may still come into it.
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
import { fill } from "../bytes/fill.ts";
import { NO_FIELDS, type ReceivedFields } from "../protocol/http1/headers.ts";
import { clockNow } from "../thread/clock.ts";
import { abortedBy, park, refusal, type Waiter, type WaitPlace } from "../thread/wait.ts";
import { HeldPieces } from "./held_pieces.ts";
import { PieceRoom } from "./piece_room.ts";
import { ReadTimer } from "./read_timer.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** What the body asks of the connection that reads it. */
export interface BodySource {
  /** Somebody waits, or there is room again: read on. */
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
  readonly #held: HeldPieces;
  #state: "open" | "ended" | "failed" | "cancelled" = "open";
  #error: LasaError | null = null;
  #trailers: ReceivedFields = NO_FIELDS;
  #reader: Waiter<Bytes | number | null> | null = null;
  // What the reader brought; `null` where it takes pieces.
  #into: Bytes | null = null;
  #room: PieceRoom | null = null;
  #timer: ReadTimer | null = null;
  // Of the last piece that shares its buffer with nothing.
  #ownBuffer: ArrayBuffer | null = null;
  #onOver: (() => void)[] | null = null;
  #isClaimed = false;
  #onAbort: (() => void) | null = null;

  constructor(source: BodySource, bounds: BodyBounds, maxBuffered: number) {
    this.#source = source;
    this.#bounds = bounds;
    this.#held = new HeldPieces(maxBuffered);
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
    return this.#held.isFull;
  }

  /** Whether somebody waits for what comes next. */
  get isAwaited(): boolean {
    return this.#reader !== null;
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
    const into = this.#into;
    if (reader === null) return this.#held.push(bytes);
    this.#reader = this.#into = null;
    if (into === null) return void reader.wake(bytes);
    const count = fill(into, bytes);
    if (count < bytes.length) this.#held.push(bytes.subarray(count));
    reader.wake(count);
  }

  /**
   * Memory of whoever waits, to read the next bytes into.
   *
   * @param most Bytes that may come into it.
   */
  room(most: number): Bytes {
    const into = this.#into ?? (this.#room ??= new PieceRoom()).room();
    return into.length > most ? into.subarray(0, most) : into;
  }

  /** Nobody has read on within a turn: what he does meanwhile takes its own time. */
  onRest(): void {
    this.#timer?.stop();
  }

  /** So many bytes came into the last room. */
  onFilled(count: number): void {
    const reader = this.#reader!;
    const piece = this.#into === null ? this.#room!.take(count) : null;
    this.#reader = this.#into = null;
    if (piece === null) return void reader.wake(count);
    this.#ownBuffer = piece.buffer;
    reader.wake(piece);
  }

  /** All has arrived. */
  end(trailers: ReceivedFields): void {
    if (this.#state !== "open") return;
    this.#trailers = trailers;
    this.#settle("ended");
    this.#takeReader()?.wake(null);
  }

  /** No more will arrive: the connection was closed, for this reason. */
  fail(reason: LasaError): void {
    if (this.#state !== "open") return;
    const error = this.#error = bodyError(reason);
    this.#settle("failed");
    this.#takeReader()?.fail(error);
  }

  /** Drops what is here and what may come; who still reads is told why. */
  cancel(why: LasaError | null = null): void {
    this.#held.drop();
    if (this.#state !== "open") return;
    this.#error = why;
    this.#settle("cancelled");
    this.#takeReader()?.fail(this.#whyCancelled);
    this.#source.onBodyCancelled(this);
  }

  /** Waits for the next piece; `null` at the end. */
  read(): Promise<Bytes | null> {
    const refused = this.#refusal();
    if (refused !== null) return refused;
    if (this.#held.isEmpty) return this.#wait(null) as Promise<Bytes | null>;
    const wasFull = this.#held.isFull;
    const piece = this.#held.take();
    this.#onTaken(wasFull);
    return Promise.resolve(piece);
  }

  /**
   * Waits for the next bytes and puts them at the front of `into`, which must have room; tells how many,
   * `null` at the end. Where it fails, the memory must not be used any more.
   */
  readInto(into: Bytes): Promise<number | null> {
    const refused = this.#refusal();
    if (refused !== null) return refused;
    if (this.#held.isEmpty) return this.#wait(into) as Promise<number | null>;
    const wasFull = this.#held.isFull;
    const count = this.#held.takeInto(into);
    this.#onTaken(wasFull);
    return Promise.resolve(count);
  }

  /** Whether a piece that was read shares its buffer with nothing: its reader may give it away. */
  owns(piece: Bytes): boolean {
    return piece.buffer === this.#ownBuffer;
  }

  /** All of it at once, where all of it is here and nothing has been taken; `null` otherwise. */
  takeWhole(): Bytes | null {
    return this.#state === "ended" ? this.#held.takeWhole() : null;
  }

  /** Calls back once it has ended, failed or been cancelled. */
  whenOver(callback: () => void): void {
    if (this.#state !== "open") callback();
    else (this.#onOver ??= []).push(callback);
  }

  /** @internal */
  withdraw(): void {
    this.#takeReader();
    this.cancel();
  }

  /** A read that must not be; it gives the body up. */
  #refusal(): Promise<never> | null {
    const error = refusal();
    if (error === null) return null;
    this.cancel();
    return Promise.reject(error);
  }

  #wait(into: Bytes | null): Promise<Bytes | number | null> {
    switch (this.#state) {
      case "ended":
        return Promise.resolve(null);
      case "failed":
        return Promise.reject(this.#error);
      case "cancelled":
        return Promise.reject(this.#whyCancelled);
    }
    if (this.#reader !== null) {
      return Promise.reject(new LocalProtocolError("Cannot read the body twice at once"));
    }
    const { timeouts, deadlineAt } = this.#bounds;
    const leftMs = deadlineAt === Infinity ? Infinity : deadlineAt - clockNow();
    // Never without an alarm: it keeps the process alive while bytes are due.
    const timeoutMs = Math.min(timeouts.body, leftMs, 2 ** 30);
    const reader = this.#reader = park<Bytes | number | null>(this);
    this.#into = into;
    (this.#timer ??= new ReadTimer(() => this.#onLate())).start(timeoutMs);
    this.#source.resume();
    return reader.promise;
  }

  #onLate(): void {
    this.cancel(
      new TimeoutError("Cannot read the body: nothing came in time", {
        phase: "body",
        sent: "all",
      }),
    );
  }

  #takeReader(): Waiter<Bytes | number | null> | null {
    const reader = this.#reader;
    this.#reader = this.#into = null;
    return reader;
  }

  #onTaken(wasFull: boolean): void {
    if (wasFull && !this.#held.isFull) this.#source.resume();
  }

  get #whyCancelled(): LasaError {
    return this.#error ?? new LocalProtocolError("Cannot read the body: it was cancelled");
  }

  #settle(state: "ended" | "failed" | "cancelled"): void {
    this.#state = state;
    this.#timer?.stop();
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
