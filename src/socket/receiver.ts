/**
 * The reading half of a connection: one read at a time, and no byte lost to a timeout.
 *
 * The platform's read cannot be taken back. One that nobody waits for any more stays pending, and
 * what it brings is banked for the next reader, whoever that is: the same socket, the pool of idle
 * connections, or a socket that took the connection out of it.
 *
 * @module
 */

import { BusyError, ClosedError, KilledError, type LasaError, TimeoutError } from "../errors.ts";
import { ByteQueue } from "../bytes/byte_queue.ts";
import { TextLines } from "../bytes/text_lines.ts";
import type { QueueEntry } from "../thread/queue.ts";
import type { Selectable } from "../thread/select.ts";
import { type AbandonReason, park, refusal, type Waiter, type WaitPlace } from "../thread/wait.ts";
import { ioError } from "./io_error.ts";
import type { ByteStream } from "./stream.ts";
import type { Received, Take } from "./takes.ts";
import type { TlsInfo } from "./tls.ts";

/** A read takes at most this much room at once, however much is asked for. */
const MOST_ROOM = 1 << 20;

/** What one connection has received, and who waits for more of it. */
export class Receiver implements Received, WaitPlace {
  readonly stream: ByteStream;
  readonly bytes: ByteQueue = new ByteQueue();
  readonly lines: TextLines = new TextLines(this.bytes);
  readonly waitingOn = "data";
  hasEnded = false;
  /** What the TLS on it came to, and on which terms; `null` where it carries none. */
  tls: { readonly info: TlsInfo; readonly terms: string } | null = null;
  /** Told where somebody other than a reader keeps watch over the connection. */
  onChange: (() => void) | null = null;
  #error: LasaError | null = null;
  #isEndTold = false;
  #isReading = false;
  #isReadPending = false;
  #isClosed = false;
  #reader: Waiter<void> | null = null;
  #timeoutMs = Infinity;

  constructor(stream: ByteStream) {
    this.stream = stream;
  }

  /** Whether somebody waits for data. */
  get isReading(): boolean {
    return this.#isReading;
  }

  /** Whether the platform is reading. */
  get isReadPending(): boolean {
    return this.#isReadPending;
  }

  /** Whether nothing more will come. */
  get isOver(): boolean {
    return this.hasEnded || this.#error !== null;
  }

  /** Whether every read fails from here on: closed, or nothing is left and somebody was told so. */
  get isFinished(): boolean {
    return this.#isClosed || (this.#isEndTold && this.bytes.size === 0);
  }

  /** Whether it was closed from this side. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** The one way in which everything is read: ask what is there, wait for more, ask again. */
  read<T>(what: Take<T>, timeoutMs: number): Promise<T> {
    if (this.#isReading) return Promise.reject(busy());
    if (this.isFinished) return Promise.reject(this.#endedWith(what));
    const taken = what.take(this);
    if (taken !== null) return Promise.resolve(taken);
    return this.#waitAndTake(what, timeoutMs);
  }

  /** Takes what is there already; `null` where that is too little, and at the end, which a read tells. */
  tryRead<T>(what: Take<T>): T | null {
    if (this.#isReading) throw busy();
    return this.isFinished ? null : what.take(this);
  }

  /** {@linkcode Receiver.read} as a case of a `select`; it has no timeout of its own. */
  selecting<T>(what: Take<T>): Selectable<T> {
    let entry: QueueEntry<T> | null = null;
    const attempt = () => {
      if (this.isFinished) throw this.#endedWith(what);
      const taken = what.take(this);
      if (taken !== null) return { value: taken };
      if (this.isOver || this.#isClosed) throw this.#endedWith(what);
      return null;
    };
    const advance = () => {
      try {
        const done = attempt();
        if (done === null) return this.startRead(what.want);
        stop();
        entry!.wake(done.value);
      } catch (error) {
        stop();
        if (error === this.#error) this.close();
        entry!.fail(error);
      }
    };
    const stop = () => {
      this.#isReading = false;
      this.onChange = null;
    };
    return {
      trySelect: () => {
        if (this.#isReading) throw busy();
        return attempt();
      },
      enroll: (given) => {
        if (this.#isReading) throw busy();
        entry = given;
        this.#isReading = true;
        this.onChange = advance;
        this.startRead(what.want);
      },
      withdraw: (_entry, reason) => {
        stop();
        // As with a plain read: a thread that is killed takes its socket along.
        if (reason === "killed") this.close();
      },
    };
  }

  /** Has the platform read, where it is not reading already. */
  startRead(want = 0): void {
    if (this.#isReadPending || this.isOver || this.#isClosed) return;
    this.#isReadPending = true;
    const room = Math.max(4_096, Math.min(want - this.bytes.size, MOST_ROOM));
    this.stream.read(this.bytes.room(room)).then(
      (count) => {
        this.#isReadPending = false;
        if (count === null) this.hasEnded = true;
        else this.bytes.commit(count);
        this.#tell();
      },
      (error) => {
        this.#isReadPending = false;
        if (!this.#isClosed) this.#error = ioError(error, "receive");
        this.#tell();
      },
    );
  }

  /** Closes the connection; whoever waits for data fails with `ClosedError`. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.stream.close();
    const reader = this.#reader;
    this.#reader = null;
    reader?.fail(new ClosedError("Cannot receive: the socket was closed"));
    this.onChange?.();
  }

  /** @internal */
  withdraw(_waiter: Waiter<unknown>, reason: AbandonReason): Error | void {
    this.#reader = null;
    if (reason === "killed") this.close();
    if (reason === "timeout") {
      return new TimeoutError(`Cannot receive: timeout, nothing came for ${this.#timeoutMs} ms`, {
        phase: "read",
      });
    }
  }

  async #waitAndTake<T>(what: Take<T>, timeoutMs: number): Promise<T> {
    this.#isReading = true;
    this.#timeoutMs = timeoutMs;
    try {
      for (;;) {
        if (this.isOver) throw this.#endedWith(what);
        this.startRead(what.want);
        this.#reader = park<void>(this, { timeoutMs });
        await this.#reader.promise;
        const taken = what.take(this);
        if (taken !== null) return taken;
        // Killed between being woken and running on: nobody would ever end the next wait.
        const refused = refusal();
        if (refused !== null) {
          if (refused instanceof KilledError) this.close();
          throw refused;
        }
      }
    } catch (error) {
      // A thread that is killed takes its socket along; what was read belongs to nobody else.
      const told = error as LasaError;
      if (!this.#isClosed && told.partial === undefined) told.partial = what.takePartial(this);
      if (told === this.#error) this.close();
      throw told;
    } finally {
      this.#isReading = false;
    }
  }

  #endedWith<T>(what: Take<T>): LasaError {
    this.#isEndTold = true;
    const error = this.#error ?? new ClosedError("Cannot receive: closed");
    error.partial = what.takePartial(this);
    return error;
  }

  #tell(): void {
    const reader = this.#reader;
    this.#reader = null;
    reader?.wake();
    this.onChange?.();
  }
}

function busy(): BusyError {
  return new BusyError("Cannot receive: the socket is busy reading");
}
