/**
 * The TCP cosocket: calls that read as if they blocked, while other light threads run.
 *
 * One reader and one writer at a time. A read that gives up leaves the platform's read pending; what
 * it brings is banked for the next call, so no byte is lost. Everything else that goes wrong closes
 * the socket, as the seed says.
 *
 * @module
 */

import {
  BusyError,
  ClosedError,
  KilledError,
  type LasaError,
  LocalProtocolError,
  TimeoutError,
} from "../errors.ts";
import { Boundary } from "../bytes/boundary.ts";
import { ByteQueue } from "../bytes/byte_queue.ts";
import { cutCharacterLength } from "../bytes/utf8.ts";
import { type AbandonReason, park, refusal, type Waiter, type WaitPlace } from "../thread/wait.ts";
import { type Destination, dial } from "./dial.ts";
import { flatten, type Sendable } from "./flatten.ts";
import { ioError } from "./io_error.ts";
import { Listener } from "./listener.ts";
import { type Address, type ByteStream, writeAll } from "./stream.ts";
import { SocketTimeouts } from "./timeouts.ts";

/** How {@linkcode TcpSocket.connect} calls. */
export interface ConnectOptions {
  /** The local address to call from. */
  localAddress?: string;
  /** Ends the attempt when it fires. */
  signal?: AbortSignal;
}

/** What {@linkcode TcpSocket.receiveUntil} gives: call it for the bytes before the pattern. */
export type UntilReader = (size?: number) => Promise<Uint8Array<ArrayBuffer> | null>;

// A byte order mark is a character like others here: a line begins wherever the last one ended.
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/**
 * A TCP or Unix stream socket.
 *
 * @example A line there and back
 * ```ts
 * import { socket } from "@lasa/lasa";
 *
 * await using server = socket.tcp();
 * server.bind("127.0.0.1", 0);
 * await using client = await socket.connect("127.0.0.1", server.localAddress!.port);
 * await using session = await server.accept();
 * await client.send("hello\r\n");
 * console.log(await session.receive()); // "hello"
 * ```
 */
export class TcpSocket implements AsyncDisposable {
  #stream: ByteStream | null = null;
  #listener: Listener | null = null;
  #received = new ByteQueue();
  #timeouts = new SocketTimeouts();
  #connecting: Waiter<ByteStream> | null = null;
  #isReading = false;
  #isSending = false;
  #isReadPending = false;
  #hasEnded = false;
  #readError: LasaError | null = null;
  #reader: Waiter<void> | null = null;
  readonly #readPlace: WaitPlace = {
    waitingOn: "data",
    withdraw: (_waiter, reason) => this.#onReadAbandoned(reason),
  };
  readonly #sendPlace: WaitPlace = {
    waitingOn: "room to send",
    withdraw: (_waiter, reason) => this.#onSendAbandoned(reason),
  };

  /** @internal A socket over a connection that stands, with bytes that were read from it already. */
  static over(stream: ByteStream, received?: Uint8Array): TcpSocket {
    const socket = new TcpSocket();
    socket.#stream = stream;
    if (received !== undefined && received.length > 0) socket.#received.push(received);
    return socket;
  }

  /** This end's address and port; `null` where it is neither bound nor connected over TCP. */
  get localAddress(): (Address & { transport: "tcp" }) | null {
    return tcpOnly(this.#listener?.address ?? this.#stream?.localAddress ?? null);
  }

  /** The other end's address and port; `null` where it is not connected over TCP. */
  get remoteAddress(): (Address & { transport: "tcp" }) | null {
    return tcpOnly(this.#stream?.remoteAddress ?? null);
  }

  /**
   * Takes a local address to accept connections at; it listens at once.
   *
   * @param ip The address, or `unix:/path`.
   * @param port The port; 0 for any that is free.
   * @throws {BrokenError} Where the address is in use or not this machine's.
   * @throws {RangeError} Where the port is not one.
   */
  bind(ip: string, port = 0): void {
    this.close();
    this.#listener = new Listener(destination(ip, port, "bind"));
  }

  /**
   * Waits for the next connection to a bound socket. It waits without end unless a timeout was set.
   *
   * @returns The connection.
   * @throws {TimeoutError} Where none came in time; the next call gets one that came since.
   * @throws {LocalProtocolError} Where the socket is not bound.
   */
  async accept(): Promise<TcpSocket> {
    if (this.#listener === null) {
      throw new LocalProtocolError("Cannot accept: the socket is not bound");
    }
    return TcpSocket.over(await this.#listener.accept(this.#timeouts.acceptMs));
  }

  /**
   * Connects; a connection that stands is closed first.
   *
   * @param host A host name or address, or `unix:/path`.
   * @param port The port.
   * @param options How.
   * @throws {BrokenError} With the plain cause, such as `connection refused`.
   * @throws {DnsError} Where the name has no address.
   * @throws {TimeoutError} (phase `"connect"`) Where it took too long.
   */
  async connect(host: string, port?: number, options?: ConnectOptions): Promise<void>;
  /** Connects to a Unix socket; a connection that stands is closed first. */
  async connect(path: `unix:${string}`, options?: ConnectOptions): Promise<void>;
  async connect(
    host: string,
    portOrOptions?: number | ConnectOptions,
    maybeOptions?: ConnectOptions,
  ): Promise<void> {
    const port = typeof portOrOptions === "number" ? portOrOptions : undefined;
    const options = (typeof portOrOptions === "object" ? portOrOptions : maybeOptions) ?? {};
    const to = destination(host, port, "connect");
    this.#checkIdle("connect");
    const error = refusal(options.signal);
    if (error !== null) throw error;
    this.close();
    this.#stream = await this.#dial(to, options);
  }

  /**
   * Waits for exactly `size` bytes.
   *
   * @throws {ClosedError} Where the peer ends first; `partial` is what came.
   * @throws {TimeoutError} Where they do not come in time; `partial` is what came, and the socket
   *   stays open.
   */
  receive(size: number): Promise<Uint8Array<ArrayBuffer>>;
  /** Waits for the peer's end and gives all bytes up to it. */
  receive(pattern: "*a"): Promise<Uint8Array<ArrayBuffer>>;
  /** Waits for a line; LF ends it, every CR is dropped, as the seed has it. Bytes for `as: "bytes"`. */
  receive(
    pattern: "*l" | undefined,
    options: { as: "bytes" },
  ): Promise<Uint8Array<ArrayBuffer>>;
  /** Waits for a line; LF ends it, every CR is dropped, as the seed has it. Text, from UTF-8. */
  receive(pattern?: "*l", options?: { as?: "text" }): Promise<string>;
  receive(
    what: number | "*l" | "*a" = "*l",
    options?: { as?: "text" | "bytes" },
  ): Promise<Uint8Array<ArrayBuffer> | string> {
    if (typeof what === "number") {
      const wrong = sizeError(what, 0, "receive");
      if (wrong !== null) return Promise.reject(wrong);
      return this.#read(
        () => this.#received.size >= what ? this.#received.take(what) : null,
        () => this.#received.takeAll(),
        what,
      );
    }
    if (what === "*a") {
      // Its good end is the peer's: then everything there is the answer.
      return this.#read(
        () => this.#hasEnded ? this.#received.takeAll() : null,
        () => this.#received.takeAll(),
      );
    }
    if (what !== "*l") {
      return Promise.reject(new TypeError(`Cannot receive: ${JSON.stringify(what)} is no pattern`));
    }
    if (options?.as === "bytes") {
      return this.#read(() => this.#received.takeLine(), () => this.#received.takePartialLine());
    }
    return this.#read(
      () => {
        const line = this.#received.takeLine();
        return line === null ? null : decoder.decode(line);
      },
      // Until the end a character that is cut waits for its rest, so that none is ever lost.
      () => {
        const cut = this.#isOver ? 0 : cutCharacterLength(this.#received.view());
        return decoder.decode(this.#received.takePartialLine(cut));
      },
    );
  }

  /**
   * Waits for some bytes, at least one.
   *
   * @param max How many at most.
   * @throws {ClosedError} Where the peer has ended.
   * @throws {RangeError} Where `max` is not a whole number from 1 up.
   */
  receiveAny(max: number): Promise<Uint8Array<ArrayBuffer>> {
    const wrong = sizeError(max, 1, "receive");
    if (wrong !== null) return Promise.reject(wrong);
    return this.#read(
      () =>
        this.#received.size > 0 ? this.#received.take(Math.min(max, this.#received.size)) : null,
      () => this.#received.takeAll(),
    );
  }

  /**
   * Makes a reader of the bytes before a pattern.
   *
   * Called without a size it gives all of them. Called with one it gives pieces of that size (a
   * little more where the pattern's start is ambiguous), then `null` once the pattern has come, and
   * starts over. Mixes freely with other reads: held-back bytes go to whoever reads next.
   *
   * @param pattern What to look for, at least one byte.
   * @param options `inclusive` for the pattern at the end of what is given.
   * @throws {RangeError} Where the pattern is empty.
   */
  receiveUntil(
    pattern: string | Uint8Array,
    options?: { inclusive?: boolean },
  ): UntilReader {
    const bytes = typeof pattern === "string" ? new TextEncoder().encode(pattern) : pattern.slice();
    const boundary = new Boundary(bytes);
    const isInclusive = options?.inclusive ?? false;
    let isAtEnd = false;
    return (size) => {
      if (size !== undefined) {
        const wrong = sizeError(size, 1, "receive");
        if (wrong !== null) return Promise.reject(wrong);
      }
      if (isAtEnd) {
        const error = refusal();
        if (error !== null) return Promise.reject(error);
        isAtEnd = false;
        return Promise.resolve(null);
      }
      const search = boundary.search(size);
      return this.#read(
        () => {
          if (!search.advance(this.#received.view())) return null;
          if (!search.isFound) return this.#received.take(search.given);
          isAtEnd = size !== undefined;
          if (isInclusive) return this.#received.take(search.given + bytes.length);
          const before = this.#received.take(search.given);
          this.#received.skip(bytes.length);
          return before;
        },
        // After the end the held bytes are nobody's start any more; until then they wait for theirs.
        () => this.#received.take(this.#isOver ? this.#received.size : search.given),
      );
    };
  }

  /** Whether data has arrived that nobody has taken; takes none and does not wait for any. */
  peek(): Promise<boolean> {
    if (this.#received.size > 0) return Promise.resolve(true);
    if (this.#stream === null || this.#isOver) return Promise.resolve(false);
    // What the system holds shows only to a read: start one, and look after one turn of the loop.
    this.#startRead(1);
    return new Promise((resolve) => setImmediate(() => resolve(this.#received.size > 0)));
  }

  /**
   * Sends everything and waits until the system has taken it; pieces leave in one write.
   *
   * @param data Text (as UTF-8), bytes, or a list of such, nested as one likes.
   * @returns How many bytes.
   * @throws {BusyError} Where another send has not ended.
   * @throws {ClosedError} Where the socket is closed.
   * @throws {TimeoutError} (phase `"send"`) Where the peer does not take it; the socket is closed.
   */
  async send(data: Sendable): Promise<number> {
    const bytes = flatten(data);
    const error = refusal();
    if (error !== null) throw error;
    const stream = this.#stream;
    if (stream === null) throw new ClosedError("Cannot send: closed");
    if (this.#isSending) throw new BusyError("Cannot send: the socket is busy sending");
    if (bytes.length === 0) return 0;
    this.#isSending = true;
    try {
      const waiter = park<void>(this.#sendPlace, { timeoutMs: this.#timeouts.sendMs });
      writeAll(stream, bytes).then(() => waiter.wake(), (error) => waiter.fail(error));
      await waiter.promise;
      return bytes.length;
    } catch (error) {
      this.#destroy();
      throw ioError(error, "send");
    } finally {
      this.#isSending = false;
    }
  }

  /**
   * Sets one timeout for connecting, sending and each wait for data.
   *
   * @param ms Milliseconds; 0, less or nothing for the default of 30,000.
   */
  setTimeout(ms?: number): void {
    this.#timeouts.set(ms, ms, ms);
  }

  /** Sets the timeouts one by one, in milliseconds; 0, less or nothing for the default of 30,000. */
  setTimeouts(connectMs?: number, sendMs?: number, readMs?: number): void {
    this.#timeouts.set(connectMs, sendMs, readMs);
  }

  /**
   * Closes the socket; again does nothing. An accept that waits fails with `ClosedError`.
   *
   * @throws {BusyError} Where another thread reads from it or sends on it: kill that thread.
   */
  close(): void {
    this.#checkIdle("close");
    this.#destroy();
  }

  /** Closes the socket, whoever uses it: their calls fail with `ClosedError`. */
  [Symbol.asyncDispose](): Promise<void> {
    this.#destroy();
    return Promise.resolve();
  }

  #checkIdle(verb: string): void {
    const busy = this.#isReading ? "reading" : this.#isSending ? "sending" : "connecting";
    if (this.#isReading || this.#isSending || this.#connecting !== null) {
      throw new BusyError(`Cannot ${verb}: the socket is busy ${busy}`);
    }
  }

  #destroy(): void {
    this.#listener?.close();
    this.#listener = null;
    this.#connecting?.abandon("aborted", new ClosedError("Cannot connect: the socket was closed"));
    const stream = this.#stream;
    if (stream === null) return;
    this.#stream = null;
    stream.close();
    this.#received = new ByteQueue();
    this.#hasEnded = this.#isReadPending = false;
    this.#readError = null;
    const reader = this.#reader;
    this.#reader = null;
    reader?.fail(new ClosedError("Cannot receive: the socket was closed"));
  }

  get #isOver(): boolean {
    return this.#hasEnded || this.#readError !== null;
  }

  /** The one way in which everything is read: ask the buffer, wait for more, ask again. */
  #read<T>(take: () => T | null, takePartial: () => Uint8Array | string, want = 0): Promise<T> {
    const error = refusal();
    if (error !== null) return Promise.reject(error);
    if (this.#isReading) {
      return Promise.reject(new BusyError("Cannot receive: the socket is busy reading"));
    }
    if (this.#stream === null) {
      return Promise.reject(new ClosedError("Cannot receive: closed", { partial: takePartial() }));
    }
    const taken = take();
    if (taken !== null) return Promise.resolve(taken);
    return this.#waitAndRead(take, takePartial, want);
  }

  async #waitAndRead<T>(
    take: () => T | null,
    takePartial: () => Uint8Array | string,
    want: number,
  ): Promise<T> {
    const stream = this.#stream;
    this.#isReading = true;
    try {
      for (;;) {
        if (this.#isOver) {
          const partial = takePartial();
          const error = this.#readError ?? new ClosedError("Cannot receive: closed");
          error.partial = partial;
          throw error;
        }
        this.#startRead(want - this.#received.size);
        this.#reader = park<void>(this.#readPlace, { timeoutMs: this.#timeouts.readMs });
        await this.#reader.promise;
        const taken = take();
        if (taken !== null) return taken;
        // Killed between being woken and running on: nobody would ever end the next wait.
        const refused = refusal();
        if (refused !== null) {
          if (refused instanceof KilledError) this.#destroy();
          throw refused;
        }
      }
    } catch (error) {
      // A thread that is killed takes its socket along; what was read belongs to nobody else.
      const told = error as LasaError;
      if (this.#stream === stream && told.partial === undefined) told.partial = takePartial();
      if (told === this.#readError) this.#destroy();
      throw told;
    } finally {
      this.#isReading = false;
    }
  }

  #startRead(want: number): void {
    if (this.#isReadPending) return;
    this.#isReadPending = true;
    const stream = this.#stream!;
    stream.read(this.#received.room(Math.max(4096, Math.min(want, 1 << 20)))).then(
      (count) => {
        if (this.#stream !== stream) return;
        this.#isReadPending = false;
        if (count === null) this.#hasEnded = true;
        else this.#received.commit(count);
        this.#wakeReader();
      },
      (error) => {
        if (this.#stream !== stream) return;
        this.#isReadPending = false;
        this.#readError = ioError(error, "receive");
        this.#wakeReader();
      },
    );
  }

  #wakeReader(): void {
    const reader = this.#reader;
    this.#reader = null;
    reader?.wake();
  }

  #onReadAbandoned(reason: AbandonReason): Error | void {
    this.#reader = null;
    if (reason === "killed") this.#destroy();
    if (reason === "timeout") {
      const ms = this.#timeouts.readMs;
      return new TimeoutError(`Cannot receive: timeout, nothing came for ${ms} ms`, {
        phase: "read",
      });
    }
  }

  #onSendAbandoned(reason: AbandonReason): Error | void {
    // Nobody knows how much of it is on its way, so what follows would make no sense to the peer.
    this.#destroy();
    if (reason === "timeout") {
      const ms = this.#timeouts.sendMs;
      return new TimeoutError(`Cannot send: timeout, the peer took too little for ${ms} ms`, {
        phase: "send",
      });
    }
  }

  async #dial(to: Destination, options: ConnectOptions): Promise<ByteStream> {
    const doing = `connect to ${"path" in to ? to.path : `${to.host}:${to.port}`}`;
    const abort = new AbortController();
    const { connectMs } = this.#timeouts;
    const place: WaitPlace = {
      waitingOn: doing,
      withdraw: (_waiter, reason): Error | void => {
        abort.abort();
        if (reason === "timeout") {
          return new TimeoutError(`Cannot ${doing}: timeout after ${connectMs} ms`, {
            phase: "connect",
          });
        }
      },
    };
    const waiter = this.#connecting = park<ByteStream>(place, {
      timeoutMs: connectMs,
      signal: options.signal,
    });
    dial(to, { localAddress: options.localAddress, signal: abort.signal }).then(
      // A connection that nobody waits for any more must not stay open.
      (stream) => waiter.wake(stream) || stream.close(),
      (error) => waiter.fail(error),
    );
    try {
      return await waiter.promise;
    } catch (error) {
      throw ioError(error, doing);
    } finally {
      this.#connecting = null;
    }
  }
}

function tcpOnly(address: Address | null): (Address & { transport: "tcp" }) | null {
  return address !== null && address.transport === "tcp" ? address : null;
}

function destination(host: string, port: number | undefined, verb: string): Destination {
  if (typeof host !== "string" || host === "") {
    throw new TypeError(`Cannot ${verb}: ${JSON.stringify(host)} is not a host`);
  }
  if (host.startsWith("unix:")) return { path: host.slice(5) };
  const least = verb === "bind" ? 0 : 1;
  if (!Number.isInteger(port) || port! < least || port! > 65535) {
    throw new RangeError(`Cannot ${verb}: bad port number: ${port}`);
  }
  return { host, port: port! };
}

function sizeError(size: number, least: number, verb: string): Error | null {
  if (typeof size !== "number") return new TypeError(`Cannot ${verb}: ${size} is not a size`);
  if (Number.isSafeInteger(size) && size >= least) return null;
  return new RangeError(`Cannot ${verb}: size ${size} is not a whole number from ${least} up`);
}
