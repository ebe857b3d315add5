/**
 * The sending half of a session: anyone may send, and what is sent waits only where the peer is slow.
 *
 * @module
 */

import { BusyError, ClosedError, type LasaError, TimeoutError } from "../errors.ts";
import { frameTypeOf } from "../protocol/websocket/connection.ts";
import { CLOSE_CODES, type FrameType } from "../protocol/websocket/frame.ts";
import { LARGE_BYTES } from "../protocol/websocket/frame_writer.ts";
import { WaitQueue } from "../thread/queue.ts";
import { park, refusal, type Waiter, type WaitPlace } from "../thread/wait.ts";
import { KeepAlive } from "./keep_alive.ts";
import type { Link } from "./link.ts";
import { DEFAULT_CLOSE_TIMEOUT_MS, DEFAULT_TIMEOUT_MS, type SessionOptions } from "./options.ts";
import { type Pieces, piecesOf } from "./pieces.ts";

/** Bytes that may wait to leave before a send waits too. */
const HIGH_WATER_BYTES = 64 * 1024;

/** What can be sent as a text: text, or pieces of one, each of which leaves as a fragment. */
export type TextLike = string | Pieces<string>;

/** What can be sent as a binary message: bytes, or pieces, each of which leaves as a fragment. */
export type BinaryLike = Uint8Array | ArrayBuffer | Pieces<Uint8Array>;

/** The sending calls of a session. */
export abstract class SessionSender {
  /** The subprotocol that was agreed on; empty for none. */
  protocol = "";
  /** The extensions that were agreed on, as they stand in the server's answer; empty for none. */
  extensions = "";
  /** @internal */
  protected link: Link | null = null;
  /** @internal */
  protected readonly options: SessionOptions;
  /** @internal Milliseconds for each wait. */
  protected timeoutMs: number;
  /** @internal Whether somebody has set them. */
  protected isTimeoutSet: boolean;
  #isStreaming = false;
  #duePong: Uint8Array | null = null;
  #keepAlive: KeepAlive | null = null;
  #senders: WaitQueue<void> | null = null;

  /** @internal Sessions are made by servers; clients are made by their own constructor. */
  constructor(options: SessionOptions) {
    this.options = options;
    this.isTimeoutSet = options.timeoutMs !== undefined;
    this.timeoutMs = durationOf(options.timeoutMs);
  }

  /** Whether messages can be sent. */
  get isOpen(): boolean {
    return this.link !== null && this.link.state === "open" && this.link.core.isOpen;
  }

  /** Bytes that were sent and have not left. */
  get bufferedAmount(): number {
    return this.link === null ? 0 : this.link.bufferedAmount;
  }

  /** @internal Bytes that have left, frames and all. */
  get written(): number {
    return this.link === null ? 0 : this.link.written;
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
   * @throws As {@linkcode SessionSender.sendText} does.
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
   * Sends a close frame. `close` does the rest.
   *
   * @param code Why: 1000 to 1003, 1007 to 1014, or 3000 to 4999; none for a frame without code.
   * @param reason Why, in words: at most 123 bytes.
   * @throws {RangeError} Where the code may not be sent, or the reason is too long.
   */
  sendClose(code?: number, reason = ""): Promise<number> {
    // The peer's close was answered before it was read: nothing is left to say.
    if (this.link !== null && this.link.core.isAnswered) return Promise.resolve(0);
    try {
      const link = this.#openLink("send a close frame");
      const count = link.core.sendClose(code, reason);
      this.afterClose(link);
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
   * Sets the timeout of each wait.
   *
   * @param ms Milliseconds; 0, less or nothing for the default of 30,000.
   */
  setTimeout(ms?: number): void {
    this.timeoutMs = durationOf(ms);
    this.isTimeoutSet = true;
  }

  /** @internal Closes the connection without waiting for it. */
  abstract beginClose(code?: number, reason?: string, withinMs?: number): void;

  /** @internal */
  onWritten(): void {
    const link = this.link!;
    if (this.#duePong !== null) this.answerPing(link, this.#duePong);
    const senders = this.#senders;
    if (senders === null) return;
    for (let first = senders.first; first !== null; first = senders.first) {
      if ((first.item as number) > link.written) return;
      senders.shift()!.wake();
    }
  }

  /** @internal Takes a connection. */
  protected startSending(
    link: Link,
    agreement: { readonly protocol: string; readonly extensions: string },
  ): void {
    this.link = link;
    this.protocol = agreement.protocol;
    this.extensions = agreement.extensions;
    this.#isStreaming = false;
    this.#duePong = null;
    const { pingIntervalMs } = this.options;
    if (pingIntervalMs) this.#keepAlive = new KeepAlive(link, pingIntervalMs);
  }

  /** @internal Whoever waits to send fails: the connection is gone. */
  protected failSends(): void {
    this.stopKeepAlive();
    const senders = this.#senders;
    for (let each = senders?.shift(); each; each = senders!.shift()) each.fail(this.#closedError());
  }

  /** @internal */
  protected stopKeepAlive(): void {
    this.#keepAlive?.stop();
    this.#keepAlive = null;
  }

  /** @internal RFC 6455 §5.5.3: of several pings that wait for their answer the latest is enough. */
  protected answerPing(link: Link, payload: Uint8Array): void {
    this.#duePong = null;
    if (!link.core.isOpen || link.state !== "open") return;
    if (link.bufferedAmount > HIGH_WATER_BYTES) {
      this.#duePong = payload;
      return;
    }
    link.core.send("pong", payload);
    link.flush();
  }

  /** @internal Ends the connection once both sides have sent their close frame. */
  protected afterClose(link: Link): void {
    link.flush();
    this.stopKeepAlive();
    if (link.core.isClosed) link.end(this.closeTimeoutMs);
  }

  /** @internal Milliseconds for the peer's part in closing. */
  protected get closeTimeoutMs(): number {
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
      if (type === "close") this.afterClose(link);
      return this.#left(link, count, count >= LARGE_BYTES && typeof payload !== "string");
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** Waits where much waits to leave already, or where what was sent must not change until it has left. */
  #left(link: Link, count: number, isLent: boolean): Promise<number> {
    link.flush();
    if (!isLent && link.bufferedAmount <= HIGH_WATER_BYTES) return Promise.resolve(count);
    const waiter = park<void>(this.#roomToSend(), { timeoutMs: this.timeoutMs });
    waiter.item = link.written + link.bufferedAmount;
    (this.#senders ??= new WaitQueue()).push(waiter);
    return waiter.promise.then(() => count);
  }

  #roomToSend(): WaitPlace {
    const ms = this.timeoutMs;
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
}

function durationOf(ms: number | undefined): number {
  return ms !== undefined && ms > 0 ? ms : DEFAULT_TIMEOUT_MS;
}
