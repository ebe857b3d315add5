/**
 * One end of a WebSocket connection as a program uses it: frames at hand when wanted, messages when
 * not.
 *
 * One reader at a time. Reading happens when somebody wants something; where nobody has for a second,
 * a little is read ahead, so that the peer's close and its pings are seen and answered. Behind 64 KiB
 * that nobody takes a slow reader stops the socket. A wait that gives up leaves everything as it is:
 * half a frame stays here until the next call.
 *
 * @module
 */

import { BusyError, ClosedError, type LasaError, TimeoutError } from "../errors.ts";
import { CLOSE_CODES, type Frame } from "../protocol/websocket/frame.ts";
import type { Address } from "../socket/stream.ts";
import { WaitQueue } from "../thread/queue.ts";
import { nextTurn } from "../thread/turn.ts";
import { type AbandonReason, park, refusal, type Waiter } from "../thread/wait.ts";
import { Assembler, type Message } from "./assembler.ts";
import type { Link } from "./link.ts";
import { unwatchQuiet, watchQuiet } from "./quiet_watch.ts";
import { ReadAhead } from "./read_ahead.ts";
import { SessionSender } from "./session_sender.ts";
import { readableOf, writableOf } from "./streams.ts";

const DONE: IteratorReturnResult<undefined> = { done: true, value: undefined };

/**
 * One end of a connection: what {@linkcode Server.accept} gives, and what a {@linkcode Client} is once
 * it is connected.
 *
 * Whoever reads decides what is answered: {@linkcode Session.receive} answers pings and the peer's
 * close, {@linkcode Session.recvFrame} answers nothing. A session from which nobody has read for 1,000
 * ms reads by itself: it notices that the peer has closed or is gone, and answers as the last reader
 * did, or pings and close where there was none. What it finds is kept for the next who reads, up to
 * 64 KiB and a frame; then the peer has to wait. It does not keep the process alive.
 *
 * @example Frames, as they come
 * ```ts
 * import { websocket } from "@lasa/lasa";
 *
 * await using server = new websocket.Server("127.0.0.1:0");
 * const client = new websocket.Client();
 * await client.connect(`ws://127.0.0.1:${server.address.port}/`);
 * const session = await server.accept();
 *
 * await client.sendFrame(false, 1, "foo");
 * await client.sendFrame(true, 0, "bar");
 * console.log(await session.recvFrame()); // { type: "text", data: "foo", again: true }
 * console.log(await session.recvFrame()); // { type: "continuation", data: "bar", again: false }
 * await Promise.all([client.close(), session.close()]);
 * ```
 */
export class Session extends SessionSender implements AsyncDisposable, AsyncIterable<Message> {
  /** @internal */
  leftAt = 0;
  #reader: Waiter<unknown> | null = null;
  // How was read last; `null` while nobody has.
  #take: ((session: Session) => unknown) | null = null;
  #ahead: ReadAhead | null = null;
  #isWatchPlanned = false;
  // Whether nobody has read for the quiet time.
  #isQuiet = false;
  #isClosing = false;
  #isEndTold = false;
  #assembler: Assembler | null = null;
  #closers: WaitQueue<void> | null = null;
  #whenClosed: (() => void) | null = null;

  /** The other end's address; `null` where there is none to tell. */
  get remoteAddress(): Address | null {
    return this.link?.stream.remoteAddress ?? null;
  }

  /**
   * The peer's close code: 1005 where it gave none, 1006 where the connection was lost; `null` while it
   * stands.
   */
  get closeCode(): number | null {
    if (this.link === null) return null;
    const { core, state } = this.link;
    return core.receivedCode ?? (state === "open" ? null : core.sentCode ?? CLOSE_CODES.lost);
  }

  /** The peer's reason for closing; empty where it gave none. */
  get closeReason(): string {
    return this.link?.core.receivedReason ?? "";
  }

  /** Messages as a stream: strings and bytes. It must be the only reader; cancelling it closes. */
  get readable(): ReadableStream<string | Uint8Array<ArrayBuffer>> {
    return readableOf(this);
  }

  /** What is sent as a stream: a message each chunk. Closing it closes the session. */
  get writable(): WritableStream<string | Uint8Array> {
    return writableOf(this);
  }

  /**
   * Waits for the next frame, whatever it is. Nothing is answered, neither pings nor a close, until
   * {@linkcode Session.receive} is called. A compressed message comes as one frame.
   *
   * Whoever takes longer than 1,000 ms to the first call finds pings and a close answered already; they
   * come all the same.
   *
   * @returns The frame: text as a string, all else as bytes, `again` where fragments follow.
   * @throws {TimeoutError} (phase `"read"`) Where none came in time; the next call gets it, whole.
   * @throws {ClosedError} Where the connection is closed.
   * @throws {RemoteProtocolError} Where the peer broke the protocol; the connection is closed.
   * @throws {LimitError} Where a frame or message is too large; the connection is closed.
   */
  recvFrame(): Promise<Frame> {
    return this.#read(Session.#takeFrame, this.timeoutMs);
  }

  /**
   * Waits for the next message. Pings are answered, and so is the peer's close; from 1,000 ms after the
   * last call on also while nobody waits: what came before them and was not taken is kept, up to 64 KiB
   * and a frame, behind which nothing is seen.
   *
   * @returns The message; `null` once the connection is closed.
   * @throws As {@linkcode Session.recvFrame} does; a connection that was lost throws once.
   */
  receive(): Promise<Message | null> {
    return this.#read(Session.#takeMessage, this.timeoutMs);
  }

  /** The messages, until the connection is closed. It waits without end unless a timeout was set. */
  [Symbol.asyncIterator](): AsyncIterableIterator<Message> {
    return new Session.#Messages(this);
  }

  // A generator would cost each message three more turns than it needs, and an object of closures each
  // session half a kilobyte.
  static readonly #Messages = class implements AsyncIterableIterator<Message> {
    readonly #session: Session;

    constructor(session: Session) {
      this.#session = session;
    }

    next(): Promise<IteratorResult<Message, undefined>> {
      const session = this.#session;
      return session.#read(
        Session.#takeNext,
        session.isTimeoutSet ? session.timeoutMs : Infinity,
      );
    }

    return(): Promise<IteratorReturnResult<undefined>> {
      return Promise.resolve(DONE);
    }

    [Symbol.asyncIterator](): this {
      return this;
    }
  };

  /**
   * Closes the connection: sends a close frame unless one was sent, and waits until the peer has
   * answered and the connection is gone, at most for `closeTimeoutMs`. What still arrives is dropped.
   *
   * @param code Why; 1000 unless told.
   * @param reason Why, in words: at most 123 bytes.
   * @throws {RangeError} Where the code may not be sent, or the reason is too long.
   */
  async close(code?: number, reason?: string): Promise<void> {
    this.beginClose(code, reason);
    // A thread that was killed waits for nothing more; the connection ends by itself.
    if (this.link === null || this.link.state === "closed" || refusal() !== null) return;
    const waiter = park<void>({
      waitingOn: "the end of a WebSocket",
      withdraw: (waiter) => this.#closers!.remove(waiter as Waiter<void>),
    });
    (this.#closers ??= new WaitQueue()).push(waiter);
    await waiter.promise;
  }

  /** Closes the connection, as {@linkcode Session.close} does. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** @internal Closes the connection without waiting for it. */
  override beginClose(
    code?: number,
    reason?: string,
    withinMs: number = this.closeTimeoutMs,
  ): void {
    const { link } = this;
    if (link === null || link.state === "closed") return;
    const { core } = link;
    if (link.state === "open" && core.isOpen) {
      if (code === undefined && core.receivedCode !== null) core.answerClose();
      else core.sendClose(code ?? CLOSE_CODES.normal, reason);
    }
    this.stopKeepAlive();
    link.flush();
    link.expectEnd(withinMs);
    this.#isClosing = true;
    this.#ahead = null;
    unwatchQuiet(this);
    if (core.isClosed) link.end(withinMs);
    else if (this.#reader === null) this.#discard(link);
  }

  /** @internal Closes the connection at once, with a close frame if the system takes it. */
  abort(code: number, error: LasaError): void {
    this.link?.closeWith(code, error);
  }

  /** @internal Calls back once the connection is gone. */
  whenClosed(callback: () => void): void {
    if (this.link === null || this.link.state === "closed") callback();
    else this.#whenClosed = callback;
  }

  /** @internal Takes a connection whose handshake is done. */
  attach(link: Link, agreement: { readonly protocol: string; readonly extensions: string }): void {
    this.startSending(link, agreement);
    this.#isClosing = this.#isEndTold = this.#isQuiet = false;
    this.#assembler = this.#ahead = this.#take = null;
    this.#watch();
  }

  /** @internal Gives the connection away; this session is closed then. */
  protected detach(): Link | null {
    const { link } = this;
    this.stopKeepAlive();
    unwatchQuiet(this);
    this.link = null;
    return link;
  }

  /** @internal Whether the peer's close frame has come. */
  get closeReceived(): boolean {
    return this.link !== null && this.link.core.receivedCode !== null;
  }

  /** @internal Whether somebody reads. */
  protected get isReading(): boolean {
    return this.#reader !== null;
  }

  /** @internal Whether something came that nobody has taken. */
  protected get isAhead(): boolean {
    return this.#ahead !== null;
  }

  /** @internal What a reader waits on. */
  get waitingOn(): string {
    return "a WebSocket message";
  }

  /** @internal */
  withdraw(_waiter: Waiter<unknown>, reason: AbandonReason): Error | void {
    this.#reader = null;
    // As with any socket: a thread that is killed takes what it reads from along.
    if (reason === "killed") {
      this.abort(CLOSE_CODES.goingAway, new ClosedError("Cannot receive: its reader was killed"));
    }
    this.#watch();
    if (reason !== "timeout") return;
    const ms = this.timeoutMs;
    return new TimeoutError(`Cannot receive: timeout, no message came for ${ms} ms`, {
      phase: "read",
    });
  }

  /** @internal */
  onReceived(): void {
    const reader = this.#reader;
    if (reader === null) {
      if (this.#isClosing) this.#discard(this.link!);
      else if (this.#isQuiet) this.#readAhead();
      return;
    }
    try {
      const taken = this.#take!(this);
      if (taken === undefined) return this.link!.startRead();
      this.#reader = null;
      reader.wake(taken);
    } catch (error) {
      this.#reader = null;
      reader.fail(error);
    }
    if (this.#isClosing) this.#discard(this.link!);
    else this.#watch();
  }

  /** @internal */
  onTurn(): void {
    this.#isWatchPlanned = false;
    const isIdle = this.#reader === null && !this.#isClosing;
    if (isIdle && this.link !== null && this.link.state === "open") watchQuiet(this);
  }

  /** @internal */
  onQuiet(): void {
    // Somebody has just read where the next turn is to look after it.
    if (this.#reader !== null || this.#isWatchPlanned || this.#isClosing) return;
    this.#isQuiet = true;
    this.#readAhead();
  }

  /** @internal */
  onClosed(): void {
    unwatchQuiet(this);
    if (this.#reader !== null) this.onReceived();
    this.failSends();
    const closers = this.#closers;
    for (let each = closers?.shift(); each; each = closers!.shift()) each.wake();
    const callback = this.#whenClosed;
    this.#whenClosed = null;
    callback?.();
  }

  #read<T>(take: (session: Session) => T | undefined, timeoutMs: number): Promise<T> {
    const error = refusal();
    if (error !== null) return Promise.reject(error);
    if (this.#reader !== null) {
      return Promise.reject(new BusyError("Cannot receive: the session is busy reading"));
    }
    // What was answered while nobody had read yet is for those who read frames.
    if (this.#take === null && take !== Session.#takeFrame) this.#ahead?.dropControl();
    this.#take = take;
    this.#isQuiet = false;
    try {
      const taken = take(this);
      if (taken !== undefined) {
        this.#watch();
        return Promise.resolve(taken);
      }
    } catch (error) {
      return Promise.reject(error);
    }
    const waiter = park<T>(this, { timeoutMs });
    this.#reader = waiter as Waiter<unknown>;
    this.link!.startRead();
    return waiter.promise;
  }

  static #takeFrame(session: Session): Frame | undefined {
    const { link } = session;
    const frame = link === null ? null : session.#nextFrame(link);
    if (frame === null) {
      const error = session.#endError(link);
      if (error === undefined) return undefined;
      throw error ?? new ClosedError("Cannot receive: closed");
    }
    if (frame.type === "close") session.afterClose(link!);
    return frame;
  }

  static #takeMessage(session: Session): Message | null | undefined {
    const { link } = session;
    for (;;) {
      const frame = link === null ? null : session.#nextFrame(link);
      if (frame === null) {
        if (link !== null && link.core.receivedCode !== null) session.#answerClose(link);
        const error = session.#endError(link);
        if (error === undefined) return undefined;
        if (error === null) return null;
        throw error;
      }
      switch (frame.type) {
        case "ping":
          session.answerPing(link!, frame.data);
          break;
        case "pong":
        case "close":
          break;
        case "text":
        case "binary":
          // Most messages are whole: nothing has to be put together.
          if (!frame.again) return { type: frame.type, data: frame.data } as Message;
          (session.#assembler ??= new Assembler()).start(frame);
          break;
        case "continuation": {
          const message = (session.#assembler ??= new Assembler()).add(frame);
          if (message !== null) return message;
        }
      }
    }
  }

  static #takeNext(session: Session): IteratorResult<Message, undefined> | undefined {
    const message = Session.#takeMessage(session);
    if (message === undefined) return undefined;
    return message === null ? DONE : { done: false, value: message };
  }

  #nextFrame(link: Link): Frame | null {
    const ahead = this.#ahead;
    if (ahead !== null) {
      const frame = ahead.take();
      if (frame !== null) return frame;
      this.#ahead = null;
      if (ahead.error !== null) {
        this.#isEndTold = true;
        throw ahead.error;
      }
    }
    try {
      return link.core.nextEvent();
    } catch (error) {
      this.#isEndTold = true;
      link.end(this.closeTimeoutMs);
      throw error;
    }
  }

  /**
   * Why there is nothing more to read: `null` where all went well or somebody was told, `undefined`
   * where more may come.
   */
  #endError(link: Link | null): LasaError | null | undefined {
    if (link === null) return null;
    const { core } = link;
    if (core.receivedCode !== null) return null;
    if (link.state === "open") {
      if (!link.hasEnded) return undefined;
      this.#closeEnded(link);
    }
    if (this.#isEndTold) return null;
    this.#isEndTold = true;
    return link.error;
  }

  #closeEnded(link: Link): void {
    const what = "Cannot receive: closed, the peer ended without a close frame";
    link.close(link.core.sentCode === null ? new ClosedError(what) : null);
  }

  /**
   * A read has ended. Whoever reads one message after the other comes back within the turn, so that the
   * clock is looked at only where nobody does: for each message it cost 0.15 µs, a sixth of a small one.
   */
  #watch(): void {
    if (this.#isWatchPlanned) return;
    this.#isWatchPlanned = true;
    nextTurn(this);
  }

  /**
   * Reads while nobody does: RFC 6455 §5.5.1 wants a close answered, and §5.5.2 a ping, as soon as may
   * be. What is not answered is kept for the next who reads, until there is enough of it.
   */
  #readAhead(): void {
    const { link } = this;
    if (link === null || link.state !== "open") return;
    const { core } = link;
    const isAnswering = this.#take !== Session.#takeFrame;
    try {
      for (;;) {
        if (this.#ahead !== null && this.#ahead.isFull) return;
        const frame = core.nextEvent();
        if (frame === null) break;
        const isControl = isAnswering && isControlFrame(frame);
        if (isControl && frame.type === "ping") this.answerPing(link, frame.data);
        if (!isControl || this.#take === null) {
          (this.#ahead ??= new ReadAhead()).push(frame, isControl);
        }
      }
    } catch (error) {
      (this.#ahead ??= new ReadAhead()).error = error;
      return link.end(this.closeTimeoutMs);
    }
    if (core.receivedCode !== null) {
      if (isAnswering) this.#answerClose(link);
    } else if (link.hasEnded) {
      this.#closeEnded(link);
    } else {
      link.readAhead();
    }
  }

  #answerClose(link: Link): void {
    link.core.answerClose();
    this.afterClose(link);
  }

  /** Drops what comes until the peer's close frame has. */
  #discard(link: Link): void {
    if (link.state !== "open") return;
    try {
      while (link.core.nextEvent() !== null);
    } catch {
      // It broke the protocol at last; it is told so, and nobody else asks.
    }
    if (link.core.isDoneReceiving) link.end(this.closeTimeoutMs);
    else link.startRead();
  }
}

function isControlFrame({ type }: Frame): boolean {
  return type === "ping" || type === "pong" || type === "close";
}
