/**
 * A WebSocket server: takes connections, does their handshakes side by side, and hands out sessions.
 *
 * @module
 */

import { BusyError, ClosedError, LasaError, TimeoutError } from "../errors.ts";
import { log } from "../log.ts";
import { Listener } from "../socket/listener.ts";
import type { ByteStream } from "../socket/stream.ts";
import { tlsServer } from "../socket/tls.ts";
import { Alarm, clearAlarm, setAlarm } from "../thread/alarms.ts";
import { runOutside } from "../thread/frame.ts";
import { forgetOpen, registerOpen } from "../thread/lifetime.ts";
import { sleep } from "../thread/sleep.ts";
import { park, refusal, type Waiter } from "../thread/wait.ts";
import { checkOptions, DEFAULT_CLOSE_TIMEOUT_MS } from "./options.ts";
import { parseHost, readTls, type ServerOptions } from "./server_options.ts";
import type { ServerSession } from "./server_session.ts";
import { answerRequest, readRequest, refusalFor, refuse } from "./upgrade.ts";

const DEFAULT_HANDSHAKE_TIMEOUT_MS = 10_000;
const DEFAULT_MAX_SESSIONS = 10_000;

// After a failed accept, too many open files say, how long to leave the system alone.
const ACCEPT_PAUSE_MS = 50;

/**
 * A WebSocket server.
 *
 * @example Echo
 * ```ts
 * import { websocket } from "@lasa/lasa";
 *
 * await using server = new websocket.Server("127.0.0.1:0");
 * const client = new websocket.Client();
 * await client.connect(`ws://127.0.0.1:${server.address.port}/`);
 * const session = await server.accept();
 *
 * await client.sendText("hello");
 * const message = await session.receive();
 * if (message?.type === "text") await session.sendText(message.data);
 * console.log(await client.receive()); // { type: "text", data: "hello" }
 * await Promise.all([client.close(), session.close()]);
 * ```
 */
export class Server implements AsyncDisposable {
  /** @internal What an accept waits on. */
  readonly waitingOn: string = "a WebSocket";
  readonly #options: ServerOptions;
  readonly #listener: Listener;
  readonly #tls: { cert: string; key: string; caCerts?: string[] } | null;
  readonly #handshakes = new Set<Handshake>();
  readonly #sessions = new Set<ServerSession>();
  #ready: ServerSession[] = [];
  #waiter: Waiter<ServerSession> | null = null;
  #timeoutMs: number;
  #isClosed = false;
  #onEmpty: (() => void) | null = null;

  /**
   * Listens.
   *
   * @param where `"host:port"`, or more to tell.
   * @throws {TypeError} Where the host is not `"host:port"`.
   * @throws {BrokenError} Where the address is in use or not this machine's.
   */
  constructor(where: string | ServerOptions) {
    const options = this.#options = typeof where === "string" ? { host: where } : where;
    checkOptions(options);
    const { host, port } = parseHost(options.host);
    this.#tls = options.ssl === undefined ? null : readTls(options.ssl);
    this.#timeoutMs = Infinity;
    this.#listener = new Listener({ host, port }, options.backlog);
    registerOpen(this);
    runOutside(() => void this.#acceptLoop());
  }

  /** Where it listens. */
  get address(): { readonly hostname: string; readonly port: number } {
    const { address } = this.#listener;
    if (address?.transport !== "tcp") throw new TypeError("Cannot tell the address: it is not TCP");
    return { hostname: address.hostname, port: address.port };
  }

  /** The sessions that stand. */
  get sessions(): ReadonlySet<ServerSession> {
    return this.#sessions;
  }

  /**
   * Waits for the next session. It waits without end unless a timeout was set.
   *
   * @returns The session, its handshake done.
   * @throws {TimeoutError} Where none came in time.
   * @throws {ClosedError} Where the server was closed.
   */
  accept(): Promise<ServerSession> {
    const error = refusal();
    if (error !== null) return Promise.reject(error);
    if (this.#waiter !== null) {
      return Promise.reject(new BusyError("Cannot accept: the server is busy accepting"));
    }
    const ready = this.#ready.shift();
    if (ready !== undefined) return Promise.resolve(ready);
    if (this.#isClosed) return Promise.reject(closed());
    this.#waiter = park<ServerSession>(this, { timeoutMs: this.#timeoutMs });
    return this.#waiter.promise;
  }

  /** The sessions as they come, until the server is closed. */
  async *[Symbol.asyncIterator](): AsyncIterableIterator<ServerSession> {
    while (!this.#isClosed) {
      try {
        yield await this.accept();
      } catch (error) {
        if (error instanceof ClosedError) return;
        throw error;
      }
    }
  }

  /**
   * Sets the timeout of {@linkcode Server.accept}.
   *
   * @param ms Milliseconds; 0, less or nothing for no end.
   */
  setTimeout(ms?: number): void {
    this.#timeoutMs = ms !== undefined && ms > 0 ? ms : Infinity;
  }

  /**
   * Takes no more connections and closes every session with 1001; those that do not close in time are
   * cut off.
   *
   * @param withinMs Milliseconds for all of it. Default 5,000.
   */
  async close(withinMs: number = DEFAULT_CLOSE_TIMEOUT_MS): Promise<void> {
    this.#stopAccepting();
    for (const session of this.#sessions) {
      session.beginClose(1001, "the server is closing", withinMs);
    }
    if (this.#sessions.size === 0 || refusal() !== null) return;
    const waiter = park<void>({
      waitingOn: "the end of a WebSocket server",
      withdraw: () => {},
    });
    const before = this.#onEmpty;
    this.#onEmpty = () => {
      before?.();
      waiter.wake();
    };
    await waiter.promise;
  }

  /** Closes the server, as {@linkcode Server.close} does. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** @internal */
  shutdownNow(): void {
    this.#stopAccepting();
    for (const session of this.#sessions) session.abort(1001, closed());
  }

  /** @internal */
  withdraw(): void {
    this.#waiter = null;
  }

  #stopAccepting(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    forgetOpen(this);
    this.#listener.close();
    for (const handshake of this.#handshakes) handshake.stop();
    this.#ready = [];
    const waiter = this.#waiter;
    this.#waiter = null;
    waiter?.fail(closed());
  }

  async #acceptLoop(): Promise<void> {
    while (!this.#isClosed) {
      try {
        const stream = await this.#listener.accept(Infinity);
        void this.#open(stream);
      } catch (error) {
        if (this.#isClosed) return;
        log("error", "websocket", `accepting failed: ${error}`);
        await sleep(ACCEPT_PAUSE_MS);
      }
    }
  }

  /** From a connection to a session; whatever goes wrong concerns this connection alone. */
  async #open(stream: ByteStream): Promise<void> {
    const options = this.#options;
    const handshake = new Handshake(
      stream,
      options.handshakeTimeoutMs ?? DEFAULT_HANDSHAKE_TIMEOUT_MS,
    );
    this.#handshakes.add(handshake);
    try {
      if (this.#tls !== null) await handshake.secure(this.#tls);
      const session = await this.#greet(handshake.stream);
      if (handshake.isStopped) return session.abort(1001, closed());
      this.#take(session);
    } catch {
      // Whoever called has been told, is gone, or is cut off: nobody else is concerned.
      handshake.stop();
    } finally {
      clearAlarm(handshake);
      this.#handshakes.delete(handshake);
    }
  }

  async #greet(stream: ByteStream): Promise<ServerSession> {
    const options = this.#options;
    const most = options.maxSessions ?? DEFAULT_MAX_SESSIONS;
    if (this.#sessions.size + this.#handshakes.size > most) {
      const headers = { "Retry-After": "1" };
      throw await refuse(stream, { status: 503, reason: "too many sessions", headers });
    }
    let request;
    try {
      request = await readRequest(stream, options.maxHeaderBytes);
    } catch (error) {
      const isTheirs = error instanceof LasaError && !(error instanceof ClosedError);
      throw isTheirs ? await refuse(stream, refusalFor(error)) : error;
    }
    return await answerRequest(stream, request.head, request.rest, options);
  }

  #take(session: ServerSession): void {
    this.#sessions.add(session);
    session.whenClosed(() => {
      this.#sessions.delete(session);
      if (this.#sessions.size === 0) this.#onEmpty?.();
    });
    const waiter = this.#waiter;
    this.#waiter = null;
    if (waiter === null) this.#ready.push(session);
    else waiter.wake(session);
  }
}

/** A connection in its handshake, which may not take for ever. */
class Handshake extends Alarm {
  isStopped = false;
  stream: ByteStream;
  // For TLS alone: each costs more than all else here.
  #abort: AbortController | null = null;

  constructor(stream: ByteStream, timeoutMs: number) {
    super();
    this.stream = stream;
    setAlarm(this, timeoutMs);
  }

  async secure(tls: { cert: string; key: string; caCerts?: string[] }): Promise<void> {
    // Only HTTP/1.1 is spoken here (RFC 7301).
    const options = { alpn: ["http/1.1"], ...tls };
    this.#abort = new AbortController();
    this.stream = (await tlsServer(this.stream, options, this.#abort.signal)).stream;
  }

  stop(): void {
    if (this.isStopped) return;
    this.isStopped = true;
    clearAlarm(this);
    this.#abort?.abort(new TimeoutError("Cannot do the handshake: timeout", { phase: "tls" }));
    this.stream.close();
  }

  override onAlarm(): void {
    this.stop();
  }
}

function closed(): ClosedError {
  return new ClosedError("Cannot accept: the server was closed");
}
