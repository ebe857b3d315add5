import { BusyError, ClosedError, UnsupportedError } from "../errors.ts";
import { park, refusal, type Waiter, type WaitPlace } from "../thread/wait.ts";
import { addressOf, DenoStream } from "./deno_stream.ts";
import type { Destination } from "./dial.ts";
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
  #waiter: Waiter<ByteStream> | null = null;

  constructor(at: Destination) {
    if (typeof Deno.listen !== "function") {
      throw new UnsupportedError(
        "Cannot bind: this host has no Deno.listen; serve with the host's own handler instead",
      );
    }
    const name = "path" in at ? at.path : `${at.host}:${at.port}`;
    try {
      this.#listener = "path" in at
        ? Deno.listen({ transport: "unix", path: at.path })
        : Deno.listen({ hostname: at.host, port: at.port });
    } catch (error) {
      throw ioError(error, `bind to ${name}`);
    }
    this.address = addressOf(this.#listener.addr);
  }

  /** Waits for a connection. */
  async accept(timeoutMs: number): Promise<ByteStream> {
    const error = refusal();
    if (error !== null) throw error;
    if (this.#waiter !== null) throw new BusyError("Cannot accept: the socket is busy accepting");
    if (this.#banked !== null) {
      const stream = this.#banked;
      this.#banked = null;
      return stream;
    }
    if (this.#error !== null) throw ioError(this.#error, "accept");
    const waiter = this.#waiter = park<ByteStream>(this, { timeoutMs });
    this.#start();
    try {
      return await waiter.promise;
    } catch (error) {
      throw ioError(error, "accept");
    } finally {
      if (this.#waiter === waiter) this.#waiter = null;
    }
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

  #start(): void {
    if (this.#isAccepting) return;
    this.#isAccepting = true;
    this.#listener.accept().then(
      (conn) => {
        this.#isAccepting = false;
        if ("setNoDelay" in conn) (conn as Deno.TcpConn).setNoDelay(true);
        const stream = new DenoStream(conn);
        if (this.#waiter?.wake(stream)) return;
        if (this.#isClosed) stream.close();
        else this.#banked = stream;
      },
      (error) => {
        this.#isAccepting = false;
        this.#error = error;
        this.#waiter?.fail(error);
      },
    );
  }
}
