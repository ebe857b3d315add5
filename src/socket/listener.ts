import { BusyError, ClosedError, UnsupportedError } from "../errors.ts";
import { QueueEntry } from "../thread/queue.ts";
import type { Selectable } from "../thread/select.ts";
import { park, refusal, type Waiter, type WaitPlace } from "../thread/wait.ts";
import { addressOf, DenoStream } from "./deno_stream.ts";
import { type Destination, nameOf } from "./dial.ts";
import { ioError } from "./io_error.ts";
import type { Address, ByteStream } from "./stream.ts";

/** What a bound socket accepts from; a connection that nobody waits for any more is kept for the next. */
export class Listener implements WaitPlace {
  /** What an accept waits on. */
  readonly waitingOn = "a connection";
  /** Where it listens. */
  readonly address: Address | null;
  readonly #listener: Deno.Listener<Deno.Conn>;
  #banked: ByteStream | null = null;
  #isAccepting = false;
  #isClosed = false;
  #error: unknown = null;
  #waiter: QueueEntry<ByteStream> | null = null;

  /**
   * Starts listening.
   *
   * @param backlog Connections that the system keeps until they are accepted; its own number unless told.
   */
  constructor(at: Destination, backlog?: number) {
    if (typeof Deno.listen !== "function") {
      throw new UnsupportedError(
        "Cannot bind: this host has no Deno.listen; serve with the host's own handler instead",
      );
    }
    try {
      this.#listener = "path" in at
        ? Deno.listen({ transport: "unix", path: at.path })
        : Deno.listen({ hostname: at.host, port: at.port, tcpBacklog: backlog });
    } catch (error) {
      throw ioError(error, `bind to ${nameOf(at)}`);
    }
    this.address = addressOf(this.#listener.addr);
  }

  /** Whether the platform is accepting, be it for somebody who has given up. */
  get isAccepting(): boolean {
    return this.#isAccepting;
  }

  /** Waits for a connection. */
  async accept(timeoutMs: number): Promise<ByteStream> {
    const error = refusal();
    if (error !== null) throw error;
    if (this.#waiter !== null) throw busy();
    const banked = this.#takeBanked();
    if (banked !== null) return banked;
    const waiter: Waiter<ByteStream> = park(this, { timeoutMs });
    this.#waiter = waiter;
    this.#start();
    try {
      return await waiter.promise;
    } catch (error) {
      throw ioError(error, "accept");
    } finally {
      if (this.#waiter === waiter) this.#waiter = null;
    }
  }

  /** The same, as a case of a `select`. */
  accepting<T>(wrap: (stream: ByteStream) => T): Selectable<T> {
    return {
      trySelect: () => {
        if (this.#waiter !== null) throw busy();
        const banked = this.#takeBanked();
        return banked === null ? null : { value: wrap(banked) };
      },
      enroll: (entry) => {
        if (this.#waiter !== null) throw busy();
        this.#waiter = new WrappedEntry(entry, wrap, () => this.#waiter = null);
        this.#start();
      },
      withdraw: () => this.#waiter = null,
    };
  }

  /** Ends it; an accept that waits fails with `ClosedError`. */
  close(): void {
    this.#isClosed = true;
    this.#listener.close();
    this.#banked?.close();
    this.#banked = null;
    this.#waiter?.fail(new ClosedError("Cannot accept: the socket was closed"));
  }

  /** @internal */
  withdraw(): void {
    this.#waiter = null;
  }

  #takeBanked(): ByteStream | null {
    const banked = this.#banked;
    this.#banked = null;
    if (banked !== null || this.#error === null) return banked;
    // Told once: too many open files, say, are too many only for a while.
    const error = this.#error;
    this.#error = null;
    throw ioError(error, "accept");
  }

  #start(): void {
    if (this.#isAccepting) return;
    this.#isAccepting = true;
    this.#listener.accept().then(
      (conn) => {
        this.#isAccepting = false;
        const stream = new DenoStream(conn);
        if (this.#waiter?.wake(stream)) return;
        if (this.#isClosed) stream.close();
        else this.#banked = stream;
      },
      (error) => {
        this.#isAccepting = false;
        if (!this.#waiter?.fail(error)) this.#error = error;
      },
    );
  }
}

function busy(): BusyError {
  return new BusyError("Cannot accept: the socket is busy accepting");
}

/** A case of a `select` that gets the connection in another form. */
class WrappedEntry<T> extends QueueEntry<ByteStream> {
  readonly #entry: QueueEntry<T>;
  readonly #wrap: (stream: ByteStream) => T;
  readonly #onEnd: () => void;

  constructor(entry: QueueEntry<T>, wrap: (stream: ByteStream) => T, onEnd: () => void) {
    super();
    this.#entry = entry;
    this.#wrap = wrap;
    this.#onEnd = onEnd;
  }

  override wake(stream: ByteStream): boolean {
    this.#onEnd();
    return this.#entry.wake(this.#wrap(stream));
  }

  override fail(error: unknown): boolean {
    this.#onEnd();
    return this.#entry.fail(ioError(error, "accept"));
  }
}
