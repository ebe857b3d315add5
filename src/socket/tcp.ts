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
  BrokenError,
  BusyError,
  ClosedError,
  LocalProtocolError,
  TimeoutError,
  TlsError,
} from "../errors.ts";
import { forgetOpen, registerOpen } from "../thread/lifetime.ts";
import type { Selectable } from "../thread/select.ts";
import { type AbandonReason, park, refusal, type WaitPlace } from "../thread/wait.ts";
import { type Destination, destinationOf, dial, nameOf } from "./dial.ts";
import { flatten, type Sendable } from "./flatten.ts";
import { attemptDelayOf } from "./happy_eyeballs.ts";
import { ioError } from "./io_error.ts";
import { DEFAULT_POOL_SIZE, keepIdle, takeIdle } from "./keepalive.ts";
import { Listener } from "./listener.ts";
import { Opening } from "./opening.ts";
import { formatProxyHeader, type ProxyHeader } from "./proxy_protocol.ts";
import { quietController } from "./quiet_signal.ts";
import { Receiver } from "./receiver.ts";
import { type Address, type ByteStream, writeAll } from "./stream.ts";
import { readableOf, writableOf } from "./streams.ts";
import { TcpReader } from "./tcp_reader.ts";
import { readPins } from "./tls_pins.ts";
import { termsOf, tlsClient, type TlsInfo, type TlsOptions, tlsServer } from "./tls.ts";

/** How {@linkcode TcpSocket.connect} calls. */
export interface ConnectOptions {
  /** The local address to call from. */
  localAddress?: string;
  /** Ends the attempt when it fires. */
  signal?: AbortSignal;
  /** The name under which idle connections are kept and looked for; host and port unless told. */
  pool?: string;
  /** How many are kept for it. Default 30. */
  poolSize?: number;
  /**
   * Milliseconds after which the next of the host's addresses is tried beside the last (RFC 8305);
   * `false` tries one after the other. Default 250.
   */
  happyEyeballs?: boolean | number;
}

/** How {@linkcode TcpSocket.sslHandshake} is done. */
export interface HandshakeOptions extends TlsOptions {
  /** Which side this is; that which called unless the socket was accepted. */
  role?: "client" | "server";
  /** Ends the attempt when it fires. */
  signal?: AbortSignal;
}

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
export class TcpSocket extends TcpReader implements AsyncDisposable {
  #listener: Listener | null = null;
  #bound: Destination | null = null;
  #opening: Opening | null = null;
  #isSending = false;
  #isAccepted = false;
  // Of the connections to the same place; `null` where this one was not connected from here.
  #poolKey: string | null = null;
  #poolSize = DEFAULT_POOL_SIZE;
  #timesReused = 0;
  #host = "localhost";
  // Of the connection that stands: another one has streams of its own.
  #readable: ReadableStream<Uint8Array<ArrayBuffer>> | null = null;
  #writable: WritableStream<Uint8Array> | null = null;
  readonly #sendPlace: WaitPlace = {
    waitingOn: "room to send",
    withdraw: (_waiter, reason) => this.#onSendAbandoned(reason),
  };

  /**
   * @internal A socket over a connection that stands, with bytes that were read from it already.
   *
   * @param host The host that was called; none where the connection was accepted.
   */
  static over(stream: ByteStream, received?: Uint8Array, host?: string): TcpSocket {
    const socket = new TcpSocket();
    socket.#take(new Receiver(stream));
    socket.#isAccepted = host === undefined;
    socket.#host = host ?? socket.#host;
    if (received !== undefined && received.length > 0) socket.receiver!.bytes.push(received);
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

  /** What arrives, as a stream; it reads no further than it is read, and must be the only reader. */
  get readable(): ReadableStream<Uint8Array<ArrayBuffer>> {
    return this.#readable ??= readableOf(this);
  }

  /** What is sent, as a stream; a chunk is taken when the system has taken the one before. */
  get writable(): WritableStream<Uint8Array> {
    return this.#writable ??= writableOf(this);
  }

  /**
   * Takes a local address to accept connections at; it listens at once.
   *
   * @param ip The address, or `unix:/path`.
   * @param port The port; 0 for any that is free.
   * @throws {BrokenError} Where the address is in use or not this machine's.
   * @throws {RangeError} Where the port is not one.
   * @throws {UnsupportedError} Where the host does not let one listen.
   */
  bind(ip: string, port = 0): void {
    const at = destinationOf(ip, port, "bind");
    this.close();
    this.#listener = new Listener(at);
    this.#bound = at;
    registerOpen(this);
  }

  /**
   * Listens with a backlog of its own; without this call {@linkcode TcpSocket.bind} has the system's.
   *
   * @param backlog Connections that the system keeps until they are accepted.
   * @throws {LocalProtocolError} Where the socket is not bound.
   * @throws {BusyError} Where somebody accepts already, or did until a timeout.
   */
  listen(backlog?: number): void {
    if (this.#listener === null) {
      throw new LocalProtocolError("Cannot listen: the socket is not bound");
    }
    if (backlog === undefined) return;
    if (!Number.isInteger(backlog) || backlog < 1) {
      throw new RangeError(`Cannot listen: backlog ${backlog} is not a whole number from 1 up`);
    }
    const { address } = this.#listener;
    const at = this.#bound!;
    // The platform takes a backlog for TCP alone.
    if ("path" in at) return;
    // The platform holds the address until an accept that is under way has ended.
    if (this.#listener.isAccepting) {
      throw new BusyError("Cannot listen: the socket is busy accepting");
    }
    // The port that was given stays the same where any would have done.
    const same = address?.transport === "tcp" ? { ...at, port: address.port } : at;
    this.#listener.close();
    this.#listener = new Listener(same, backlog);
  }

  /**
   * Waits for the next connection to a bound socket. It waits without end unless a timeout was set.
   *
   * @returns The connection.
   * @throws {TimeoutError} Where none came in time; the next call gets one that came since.
   * @throws {LocalProtocolError} Where the socket is not bound.
   */
  async accept(): Promise<TcpSocket> {
    return TcpSocket.over(await this.#listening().accept(this.timeouts.acceptMs));
  }

  /** Accepting a connection, as a case of a `select`. */
  accepting(): Selectable<TcpSocket> {
    return this.#listening().accepting((stream) => TcpSocket.over(stream));
  }

  /**
   * Connects, over a connection that was kept where there is one; one that stands is closed first.
   *
   * @param host A host name or address, or `unix:/path`.
   * @param port The port.
   * @param options How.
   * @throws {BrokenError} With the plain cause, such as `connection refused`.
   * @throws {DnsError} Where the name has no address.
   * @throws {TimeoutError} (phase `"connect"`) Where it took too long.
   */
  connect(host: string, port?: number, options?: ConnectOptions): Promise<void>;
  /** Connects to a Unix socket; a connection that stands is closed first. */
  connect(path: `unix:${string}`, options?: ConnectOptions): Promise<void>;
  connect(
    host: string,
    portOrOptions?: number | ConnectOptions,
    maybeOptions?: ConnectOptions,
  ): Promise<void> {
    const port = typeof portOrOptions === "number" ? portOrOptions : undefined;
    const options = (typeof portOrOptions === "object" ? portOrOptions : maybeOptions) ?? {};
    try {
      return this.#connect(destinationOf(host, port, "connect"), options);
    } catch (error) {
      return Promise.reject(error);
    }
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
    const { receiver } = this;
    if (receiver === null || receiver.isClosed) throw new ClosedError("Cannot send: closed");
    if (this.#isSending) throw new BusyError("Cannot send: the socket is busy sending");
    if (bytes.length === 0) return 0;
    this.#isSending = true;
    try {
      const waiter = park<void>(this.#sendPlace, {
        timeoutMs: this.timeouts.sendMs,
      });
      writeAll(receiver.stream, bytes).then(() => waiter.wake(), (error) => waiter.fail(error));
      await waiter.promise;
      return bytes.length;
    } catch (error) {
      this.shutdownNow();
      throw ioError(error, "send");
    } finally {
      this.#isSending = false;
    }
  }

  /** Sends the header of the PROXY protocol; to be sent first. */
  async sendProxyHeader(header: ProxyHeader): Promise<number> {
    return await this.send(formatProxyHeader(header));
  }

  /**
   * Speaks TLS from here on. A connection that was kept and speaks it already, on the same terms,
   * needs no second handshake: this gives what the first came to.
   *
   * @param options Certificates, names and protocols. The side that was called needs `cert` and `key`.
   * @returns What was agreed on.
   * @throws {LocalProtocolError} Where bytes have arrived that nobody has taken, or a read that timed
   *   out is still pending: they would be lost; or where a pin is none. The socket stays as it is.
   * @throws {TlsError} Where the other side, or its certificate, is not acceptable; the socket is closed.
   * @throws {TimeoutError} (phase `"tls"`) Where it took longer than the connect timeout.
   */
  async sslHandshake(options: HandshakeOptions = {}): Promise<TlsInfo> {
    const error = refusal(options.signal);
    if (error !== null) throw error;
    const { receiver } = this;
    if (receiver === null || receiver.isClosed) throw new ClosedError("Cannot start TLS: closed");
    this.#checkIdle("start TLS");
    const isServer = (options.role ?? (this.#isAccepted ? "server" : "client")) === "server";
    const name = options.serverName ?? this.#host;
    const terms = termsOf(options, name, isServer);
    if (receiver.tls !== null) {
      if (receiver.tls.terms === terms) return receiver.tls.info;
      throw new LocalProtocolError(
        "Cannot start TLS: the connection speaks it already, on other terms; a pool of its own " +
          "keeps connections apart",
      );
    }
    if (receiver.bytes.size > 0 || receiver.isReadPending) {
      throw new LocalProtocolError(
        receiver.bytes.size > 0
          ? `Cannot start TLS: ${receiver.bytes.size} bytes were received that nobody took`
          : "Cannot start TLS: a read that timed out is still pending",
      );
    }
    if (isServer && (options.cert === undefined || options.key === undefined)) {
      throw new LocalProtocolError("Cannot start TLS: the side that was called needs cert and key");
    }
    readPins(options.pins ?? []);
    const { stream } = receiver;
    let info: TlsInfo;
    try {
      const controller = new AbortController();
      const { signal } = controller;
      const opening = new Opening("start TLS", "tls", this.timeouts.connectMs, controller);
      this.#opening = opening;
      await opening.wait(
        isServer ? tlsServer(stream, options, signal) : tlsClient(stream, options, name, signal),
        (tls) => {
          const secured = new Receiver(tls.stream);
          secured.tls = { info: info = tls.info, terms };
          this.#take(secured);
        },
        (late) => late.stream.close(),
        options.signal,
      );
      return info!;
    } catch (error) {
      this.shutdownNow();
      // What has no name among the causes of broken connections is TLS's own.
      if (!(error instanceof BrokenError) || error.code !== "broken") throw error;
      throw new TlsError(error.message, { cause: error.cause });
    }
  }

  /**
   * Sets one timeout for connecting, sending and each wait for data.
   *
   * @param ms Milliseconds; 0, less or nothing for the default of 30,000.
   */
  setTimeout(ms?: number): void {
    this.timeouts.set(ms, ms, ms);
  }

  /** Sets the timeouts one by one, in milliseconds; 0, less or nothing for the default of 30,000. */
  setTimeouts(connectMs?: number, sendMs?: number, readMs?: number): void {
    this.timeouts.set(connectMs, sendMs, readMs);
  }

  /**
   * Keeps the connection for whoever connects to the same place next; this socket is closed then.
   *
   * @param idleMs How long to keep it, in milliseconds; 0 or nothing for without end.
   * @param poolSize How many to keep for this place; that given to `connect`, or 30, unless told.
   * @throws {BusyError} Where another thread uses the socket.
   * @throws {LocalProtocolError} Where bytes have arrived that nobody took, or it was not connected
   *   from here; the socket stays as it is.
   * @throws {ClosedError} Where it is closed, or the peer has ended.
   */
  setKeepalive(idleMs = 0, poolSize: number = this.#poolSize): void {
    this.#checkIdle("keep the connection");
    const { receiver } = this;
    if (receiver === null || receiver.isOver || receiver.isClosed) {
      throw new ClosedError("Cannot keep the connection: closed");
    }
    if (receiver.bytes.size > 0) {
      throw new LocalProtocolError(
        `Cannot keep the connection: unread data in buffer (${receiver.bytes.size} bytes)`,
      );
    }
    if (this.#poolKey === null) {
      throw new LocalProtocolError("Cannot keep the connection: it was accepted, not connected");
    }
    if (!(idleMs >= 0) || !Number.isInteger(poolSize) || poolSize < 1) {
      throw new RangeError(`Cannot keep the connection: ${idleMs} ms in a pool of ${poolSize}`);
    }
    this.receiver = null;
    forgetOpen(this);
    keepIdle(this.#poolKey, receiver, this.#timesReused, idleMs, poolSize);
  }

  /** How often the connection was kept and taken again. */
  getReusedTimes(): number {
    return this.#timesReused;
  }

  /**
   * Tells the peer that nothing more will be sent; receiving goes on.
   *
   * @throws {ClosedError} Where the socket is closed.
   */
  async shutdown(_direction: "send" = "send"): Promise<void> {
    const { receiver } = this;
    if (receiver === null || receiver.isClosed) throw new ClosedError("Cannot shut down: closed");
    if (this.#isSending) throw new BusyError("Cannot shut down: the socket is busy sending");
    try {
      await receiver.stream.closeWrite();
    } catch (error) {
      throw ioError(error, "shut down");
    }
  }

  /**
   * Closes the socket; again does nothing. An accept that waits fails with `ClosedError`.
   *
   * @throws {BusyError} Where another thread reads from it or sends on it: kill that thread.
   */
  close(): void {
    this.#checkIdle("close");
    this.shutdownNow();
  }

  /** Closes the socket, whoever uses it: their calls fail with `ClosedError`. */
  [Symbol.asyncDispose](): Promise<void> {
    this.shutdownNow();
    return Promise.resolve();
  }

  /**
   * @internal Gives the connection away, with the bytes that were received and not taken; the socket is
   * closed then.
   */
  detach(): { stream: ByteStream; received: Uint8Array<ArrayBuffer> } {
    this.#checkIdle("hand the connection over");
    const { receiver } = this;
    if (receiver === null || receiver.isClosed) {
      throw new ClosedError("Cannot hand the connection over: closed");
    }
    if (receiver.isReadPending) {
      throw new LocalProtocolError(
        "Cannot hand the connection over: a read that timed out is still pending",
      );
    }
    forgetOpen(this);
    this.receiver = null;
    return { stream: receiver.stream, received: receiver.bytes.takeAll() };
  }

  /** @internal Closes the socket, whoever uses it. */
  shutdownNow(): void {
    forgetOpen(this);
    this.#listener?.close();
    this.#listener = null;
    this.#opening?.giveUp(new ClosedError("Cannot connect: the socket was closed"));
    this.receiver?.close();
    this.receiver = null;
  }

  get #stream(): ByteStream | null {
    const { receiver } = this;
    return receiver === null || receiver.isClosed ? null : receiver.stream;
  }

  // Not async, nor is what calls it: what such a function keeps until it goes on cost a connect 2 %.
  #connect(to: Destination, options: ConnectOptions): Promise<void> {
    this.#checkIdle("connect");
    const error = refusal(options.signal);
    if (error !== null) throw error;
    this.close();
    this.#host = "host" in to ? to.host : "localhost";
    this.#isAccepted = false;
    const name = nameOf(to);
    this.#poolKey = options.pool ?? name;
    this.#poolSize = options.poolSize ?? DEFAULT_POOL_SIZE;
    const kept = options.localAddress === undefined ? takeIdle(this.#poolKey) : null;
    this.#timesReused = kept?.timesUsed ?? 0;
    if (kept !== null) {
      this.#take(kept.receiver);
      return Promise.resolve();
    }
    const { connectMs } = this.timeouts;
    const happyEyeballsMs = attemptDelayOf(options.happyEyeballs);
    const controller = quietController();
    const { signal } = controller;
    const opening = new Opening(`connect to ${name}`, "connect", connectMs, controller);
    this.#opening = opening;
    return opening.wait(
      dial(to, { localAddress: options.localAddress, happyEyeballsMs, signal }),
      (stream) => this.#take(new Receiver(stream)),
      (late) => late.close(),
      options.signal,
    );
  }

  #take(receiver: Receiver): void {
    this.receiver = receiver;
    this.#opening = null;
    this.#readable = this.#writable = null;
    registerOpen(this);
  }

  #listening(): Listener {
    if (this.#listener !== null) return this.#listener;
    throw new LocalProtocolError("Cannot accept: the socket is not bound");
  }

  #checkIdle(verb: string): void {
    const isReading = this.receiver?.isReading ?? false;
    const isOpening = this.#opening?.isUnderWay ?? false;
    if (!isReading && !this.#isSending && !isOpening) return;
    const busy = isReading ? "reading" : this.#isSending ? "sending" : "connecting";
    throw new BusyError(`Cannot ${verb}: the socket is busy ${busy}`);
  }

  #onSendAbandoned(reason: AbandonReason): Error | void {
    // Nobody knows how much of it is on its way, so what follows would make no sense to the peer.
    this.shutdownNow();
    if (reason === "timeout") {
      const ms = this.timeouts.sendMs;
      return new TimeoutError(`Cannot send: timeout, the peer took too little for ${ms} ms`, {
        phase: "send",
      });
    }
  }
}

function tcpOnly(address: Address | null): (Address & { transport: "tcp" }) | null {
  return address !== null && address.transport === "tcp" ? address : null;
}
