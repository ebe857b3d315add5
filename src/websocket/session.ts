/**
 * One end of a WebSocket connection as a program uses it: frames at hand when wanted, messages when
 * not.
 *
 * One reader at a time; anyone may send, and what is sent waits only where the peer is slow. Reading
 * happens when somebody wants something, so a slow reader stops the socket. A wait that gives up
 * leaves everything as it is: half a frame stays here until the next call.
 *
 * @module
 */

import { BusyError, ClosedError, type LasaError, TimeoutError } from "../errors.ts";
import { frameTypeOf } from "../protocol/websocket/connection.ts";
import { CLOSE_CODES, type Frame, type FrameType } from "../protocol/websocket/frame.ts";
import { LARGE_BYTES } from "../protocol/websocket/frame_writer.ts";
import type { Address } from "../socket/stream.ts";
import { WaitQueue } from "../thread/queue.ts";
import { type AbandonReason, park, refusal, type Waiter, type WaitPlace } from "../thread/wait.ts";
import { Assembler, type Message } from "./assembler.ts";
import { KeepAlive } from "./keep_alive.ts";
import type { Link, LinkOwner } from "./link.ts";
import { DEFAULT_CLOSE_TIMEOUT_MS, DEFAULT_TIMEOUT_MS, type SessionOptions } from "./options.ts";
import { type Pieces, piecesOf } from "./pieces.ts";
import { readableOf, writableOf } from "./streams.ts";

/** Bytes that may wait to leave before a send waits too. */
const HIGH_WATER_BYTES = 64 * 1024;

/** What can be sent as a text: text, or pieces of one, each of which leaves as a fragment. */
export type TextLike = string | Pieces<string>;

/** What can be sent as a binary message: bytes, or pieces, each of which leaves as a fragment. */
export type BinaryLike = Uint8Array | ArrayBuffer | Pieces<Uint8Array>;

/**
 * One end of a connection: what {@linkcode Server.accept} gives, and what a {@linkcode Client} is once
 * it is connected.
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
export class Session implements LinkOwner, WaitPlace, AsyncDisposable, AsyncIterable<Message> {
  /** The subprotocol that was agreed on; empty for none. */
  protocol = "";
  /** The extensions that were agreed on, as they stand in the server's answer; empty for none. */
  extensions = "";
  /** @internal */
  protected link: Link | null = null;
  /** @internal */
  protected readonly options: SessionOptions;
  #timeoutMs: number;
  #isTimeoutSet: boolean;
  #reader: Waiter<unknown> | null = null;
  #take: ((session: Session) => unknown) | null = null;
  #isClosing = false;
  #isEndTold = false;
  #isStreaming = false;
  #duePong: Uint8Array | null = null;
  #keepAlive: KeepAlive | null = null;
  #assembler: Assembler | null = null;
  #senders: WaitQueue<void> | null = null;
  #closers: WaitQueue<void> | null = null;
  #whenClosed: (() => void) | null = null;

  /** @internal Sessions are made by servers; clients are made by their own constructor. */
  constructor(options: SessionOptions) {
    this.options = options;
    this.#isTimeoutSet = options.timeoutMs !== undefined;
    this.#timeoutMs = durationOf(options.timeoutMs);
  }

  /** Whether messages can be sent. */
  get isOpen(): boolean {
    return this.link !== null && this.link.state === "open" && this.link.core.isOpen;
  }

  /** Bytes that were sent and have not left. */
  get bufferedAmount(): number {
    return this.link === null ? 0 : this.link.bufferedAmount;
  }

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
   * Sends a text: whole as one frame, pieces as a fragment each.
   *
   * @param text What to send.
   * @returns How many bytes it takes on the wire.
   * @throws {ClosedError} Where the connection is closed, or a close frame was sent.
   * @throws {TimeoutError} (phase `"send"`) Where the peer takes too little; what was sent is on its way.
   * @throws {BusyError} Where another message is being sent in pieces.
   */
  sendText(text: TextLike): Promise<number> {
    return typeof text === "string" ? this.#send("text", text) : this.#sendPieces("text", text);
  }

  /**
   * Sends bytes: whole as one frame, pieces as a fragment each. They must not change until it returns.
   *
   * @param data What to send.
   * @returns How many bytes it takes on the wire.
   * @throws As {@linkcode Session.sendText} does.
   */
  sendBinary(data: BinaryLike): Promise<number> {
    if (data instanceof Uint8Array) return this.#send("binary", data);
    if (data instanceof ArrayBuffer) return this.#send("binary", new Uint8Array(data));
    return this.#sendPieces("binary", data);
  }

  /** Sends a ping with at most 125 bytes; its pong is not waited for. */
  sendPing(payload: string | Uint8Array = ""): Promise<number> {
    return this.#send("ping", payload);
  }

  /** Sends a pong with at most 125 bytes. */
  sendPong(payload: string | Uint8Array = ""): Promise<number> {
    return this.#send("pong", payload);
  }

  /**
   * Sends a close frame. {@linkcode Session.close} does the rest.
   *
   * @param code Why: 1000 to 1003, 1007 to 1014, or 3000 to 4999; none for a frame without code.
   * @param reason Why, in words: at most 123 bytes.
   * @throws {RangeError} Where the code may not be sent, or the reason is too long.
   */
  sendClose(code?: number, reason = ""): Promise<number> {
    try {
      const link = this.#openLink("send a close frame");
      const count = link.core.sendClose(code, reason);
      this.#afterClose(link);
      return this.#left(link, count, false);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /**
   * Sends one frame as it is told; it is masked where it must be.
   *
   * @param fin Whether it is the last of its message.
   * @param opcode Its kind: 0 continuation, 1 text, 2 binary, 8 close, 9 ping, 10 pong.
   * @param payload What it carries.
   * @throws {LocalProtocolError} Where such a frame may not be sent now.
   */
  sendFrame(fin: boolean, opcode: number, payload: string | Uint8Array = ""): Promise<number> {
    try {
      return this.#send(frameTypeOf(opcode), payload, fin);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /**
   * Waits for the next frame, whatever it is. Nothing is answered: neither pings nor a close. A
   * compressed message comes as one frame.
   *
   * @returns The frame: text as a string, all else as bytes, `again` where fragments follow.
   * @throws {TimeoutError} (phase `"read"`) Where none came in time; the next call gets it, whole.
   * @throws {ClosedError} Where the connection is closed.
   * @throws {RemoteProtocolError} Where the peer broke the protocol; the connection is closed.
   * @throws {LimitError} Where a frame or message is too large; the connection is closed.
   */
  recvFrame(): Promise<Frame> {
    return this.#read(Session.#takeFrame, this.#timeoutMs);
  }

  /**
   * Waits for the next message. Pings are answered, and so is the peer's close.
   *
   * @returns The message; `null` once the connection is closed.
   * @throws As {@linkcode Session.recvFrame} does; a connection that was lost throws once.
   */
  receive(): Promise<Message | null> {
    return this.#read(Session.#takeMessage, this.#timeoutMs);
  }

  /** The messages, until the connection is closed. It waits without end unless a timeout was set. */
  async *[Symbol.asyncIterator](): AsyncIterableIterator<Message> {
    for (;;) {
      const timeoutMs = this.#isTimeoutSet ? this.#timeoutMs : Infinity;
      const message = await this.#read(Session.#takeMessage, timeoutMs);
      if (message === null) return;
      yield message;
    }
  }

  /**
   * Sets the timeout of each wait.
   *
   * @param ms Milliseconds; 0, less or nothing for the default of 30,000.
   */
  setTimeout(ms?: number): void {
    this.#timeoutMs = durationOf(ms);
    this.#isTimeoutSet = true;
  }

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
  beginClose(code?: number, reason?: string, withinMs: number = this.#closeTimeoutMs): void {
    const { link } = this;
    if (link === null || link.state === "closed") return;
    const { core } = link;
    if (link.state === "open" && core.isOpen) {
      if (code === undefined && core.receivedCode !== null) core.answerClose();
      else core.sendClose(code ?? CLOSE_CODES.normal, reason);
    }
    this.#keepAlive?.stop();
    link.flush();
    link.expectEnd(withinMs);
    this.#isClosing = true;
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
    this.link = link;
    this.protocol = agreement.protocol;
    this.extensions = agreement.extensions;
    this.#isClosing = this.#isEndTold = this.#isStreaming = false;
    this.#assembler = this.#duePong = null;
    const { pingIntervalMs } = this.options;
    if (pingIntervalMs) this.#keepAlive = new KeepAlive(link, pingIntervalMs);
  }

  /** @internal Gives the connection away; this session is closed then. */
  protected detach(): Link | null {
    const { link } = this;
    this.#keepAlive?.stop();
    this.#keepAlive = null;
    this.link = null;
    return link;
  }

  /** @internal Whether the peer's close frame has come. */
  get closeReceived(): boolean {
    return this.link !== null && this.link.core.receivedCode !== null;
  }

  /** @internal Milliseconds for each wait. */
  protected get timeoutMs(): number {
    return this.#timeoutMs;
  }

  /** @internal Whether somebody reads. */
  protected get isReading(): boolean {
    return this.#reader !== null;
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
    if (reason !== "timeout") return;
    const ms = this.#timeoutMs;
    return new TimeoutError(`Cannot receive: timeout, no message came for ${ms} ms`, {
      phase: "read",
    });
  }

  /** @internal */
  onReceived(): void {
    const reader = this.#reader;
    if (reader === null) {
      if (this.#isClosing) this.#discard(this.link!);
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
  }

  /** @internal */
  onWritten(): void {
    const link = this.link!;
    if (this.#duePong !== null) this.#answerPing(link, this.#duePong);
    const senders = this.#senders;
    if (senders === null) return;
    for (let first = senders.first; first !== null; first = senders.first) {
      if ((first.item as number) > link.written) return;
      senders.shift()!.wake();
    }
  }

  /** @internal */
  onClosed(): void {
    this.#keepAlive?.stop();
    if (this.#reader !== null) this.onReceived();
    const senders = this.#senders;
    for (let each = senders?.shift(); each; each = senders!.shift()) each.fail(this.#closedError());
    const closers = this.#closers;
    for (let each = closers?.shift(); each; each = closers!.shift()) each.wake();
    const callback = this.#whenClosed;
    this.#whenClosed = null;
    callback?.();
  }

  get #closeTimeoutMs(): number {
    return this.options.closeTimeoutMs ?? DEFAULT_CLOSE_TIMEOUT_MS;
  }

  #openLink(verb: string): Link {
    const error = refusal();
    if (error !== null) throw error;
    const { link } = this;
    if (link === null || link.state !== "open") throw this.#closedError(verb);
    return link;
  }

  #closedError(verb = "send"): LasaError {
    return this.link?.error ?? new ClosedError(`Cannot ${verb}: closed`);
  }

  #send(type: FrameType, payload: string | Uint8Array, isFinal = true): Promise<number> {
    try {
      const link = this.#openLink("send");
      if (this.#isStreaming && type !== "ping" && type !== "pong" && type !== "close") {
        throw new BusyError("Cannot send: another message is being sent in pieces");
      }
      const count = link.core.send(type, payload, isFinal);
      if (type === "close") this.#afterClose(link);
      return this.#left(link, count, count >= LARGE_BYTES && typeof payload !== "string");
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** Waits where much waits to leave already, or where what was sent must not change until it has left. */
  #left(link: Link, count: number, isLent: boolean): Promise<number> {
    link.flush();
    if (!isLent && link.bufferedAmount <= HIGH_WATER_BYTES) return Promise.resolve(count);
    const waiter = park<void>(this.#roomToSend(), { timeoutMs: this.#timeoutMs });
    waiter.item = link.written + link.bufferedAmount;
    (this.#senders ??= new WaitQueue()).push(waiter);
    return waiter.promise.then(() => count);
  }

  #roomToSend(): WaitPlace {
    const ms = this.#timeoutMs;
    return {
      waitingOn: "room to send",
      withdraw: (waiter, reason): Error | void => {
        this.#senders!.remove(waiter as Waiter<void>);
        if (reason !== "timeout") return;
        return new TimeoutError(`Cannot send: timeout, the peer took too little for ${ms} ms`, {
          phase: "send",
        });
      },
    };
  }

  async #sendPieces(
    type: "text" | "binary",
    pieces: Pieces<string> | Pieces<Uint8Array>,
  ): Promise<number> {
    const link = this.#openLink("send");
    const { core } = link;
    if (this.#isStreaming || core.isFragmenting) {
      throw new BusyError("Cannot send: another message is being sent in pieces");
    }
    this.#isStreaming = true;
    let count = 0;
    try {
      let next: FrameType = type;
      for await (const piece of piecesOf<string | Uint8Array>(pieces)) {
        this.#openLink("send");
        count += await this.#left(link, core.send(next, piece, false), piece.length >= LARGE_BYTES);
        next = "continuation";
      }
      this.#openLink("send");
      return count + await this.#left(link, core.send(next, ""), false);
    } catch (error) {
      // Half a message cannot be taken back, and nothing can follow it.
      if (core.isFragmenting) this.beginClose(CLOSE_CODES.failed);
      throw error;
    } finally {
      this.#isStreaming = false;
    }
  }

  #read<T>(take: (session: Session) => T | undefined, timeoutMs: number): Promise<T> {
    const error = refusal();
    if (error !== null) return Promise.reject(error);
    if (this.#reader !== null) {
      return Promise.reject(new BusyError("Cannot receive: the session is busy reading"));
    }
    try {
      const taken = take(this);
      if (taken !== undefined) return Promise.resolve(taken);
    } catch (error) {
      return Promise.reject(error);
    }
    this.#take = take;
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
    if (frame.type === "close") session.#afterClose(link!);
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
          session.#answerPing(link!, frame.data);
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

  #nextFrame(link: Link): Frame | null {
    try {
      return link.core.nextEvent();
    } catch (error) {
      this.#isEndTold = true;
      link.end(this.#closeTimeoutMs);
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
      const what = "Cannot receive: closed, the peer ended without a close frame";
      link.close(core.sentCode === null ? new ClosedError(what) : null);
    }
    if (this.#isEndTold) return null;
    this.#isEndTold = true;
    return link.error;
  }

  /** RFC 6455 §5.5.3: of several pings that wait for their answer the latest is enough. */
  #answerPing(link: Link, payload: Uint8Array): void {
    this.#duePong = null;
    if (!link.core.isOpen || link.state !== "open") return;
    if (link.bufferedAmount > HIGH_WATER_BYTES) {
      this.#duePong = payload;
      return;
    }
    link.core.send("pong", payload);
    link.flush();
  }

  #answerClose(link: Link): void {
    link.core.answerClose();
    this.#afterClose(link);
  }

  /** Ends the connection once both sides have sent their close frame. */
  #afterClose(link: Link): void {
    link.flush();
    this.#keepAlive?.stop();
    if (link.core.isClosed) link.end(this.#closeTimeoutMs);
  }

  /** Drops what comes until the peer's close frame has. */
  #discard(link: Link): void {
    if (link.state !== "open") return;
    try {
      while (link.core.nextEvent() !== null);
    } catch {
      // It broke the protocol at last; it is told so, and nobody else asks.
    }
    if (link.core.isDoneReceiving) link.end(this.#closeTimeoutMs);
    else link.startRead();
  }
}

function durationOf(ms: number | undefined): number {
  return ms !== undefined && ms > 0 ? ms : DEFAULT_TIMEOUT_MS;
}
