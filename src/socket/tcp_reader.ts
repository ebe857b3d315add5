/**
 * What a TCP cosocket can be asked for: sizes, lines, patterns, frames.
 *
 * @module
 */

import { ClosedError, LimitError, RemoteProtocolError } from "../errors.ts";
import type { Selectable } from "../thread/select.ts";
import { refusal } from "../thread/wait.ts";
import { parseProxyHeader, type ProxyHeader } from "./proxy_protocol.ts";
import type { Receiver } from "./receiver.ts";
import {
  EVERYTHING,
  exactly,
  frame,
  LINE,
  LINE_BYTES,
  look,
  type Take,
  Until,
  upTo,
} from "./takes.ts";
import { SocketTimeouts } from "./timeouts.ts";

/** What {@linkcode TcpSocket.receiveUntil} gives: call it for the bytes before the pattern. */
export type UntilReader = (size?: number) => Promise<Uint8Array<ArrayBuffer> | null>;

/** How a frame tells its length. */
export interface FrameOptions {
  /** Bytes of the length in front of the frame: 1, 2 or 4. Default 4. */
  lengthBytes?: 1 | 2 | 4;
  /** Whether the least significant byte comes first. Default `false`, as on the network. */
  littleEndian?: boolean;
  /** Whether the length counts its own bytes too. Default `false`. */
  countsItself?: boolean;
  /** A longer frame is refused with `LimitError` before any of it is taken. Default 16 MiB. */
  maxFrameBytes?: number;
}

/** The reading calls of a TCP socket. */
export abstract class TcpReader {
  /** @internal */
  protected readonly timeouts: SocketTimeouts = new SocketTimeouts();
  /** @internal */
  protected receiver: Receiver | null = null;

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
  receive(pattern: "*l" | undefined, options: { as: "bytes" }): Promise<Uint8Array<ArrayBuffer>>;
  /** Waits for a line; LF ends it, every CR is dropped, as the seed has it. Text, from UTF-8. */
  receive(pattern?: "*l", options?: { as?: "text" }): Promise<string>;
  receive(
    what: number | "*l" | "*a" = "*l",
    options?: { as?: "text" | "bytes" },
  ): Promise<Uint8Array<ArrayBuffer> | string> {
    try {
      return this.#read<Uint8Array<ArrayBuffer> | string>(takeOf(what, options));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /**
   * Takes exactly `size` bytes without waiting, where they have been received already.
   *
   * It takes what {@linkcode TcpReader.receive} would give at once, and reads nothing more from the
   * network: that is left to the awaited calls. So a loop awaits one and then drains what came with it,
   * which spares each of the others a promise.
   *
   * @returns `null` where not all of it is here, and nothing is taken then; also at the peer's end,
   *   which the next awaited call tells.
   * @throws {ClosedError} Where the socket is closed.
   * @throws {BusyError} Where somebody is reading.
   * @throws {KilledError} Where the thread was killed.
   *
   * @example Await one line, then take those that came with it
   * ```ts
   * import { pair } from "@lasa/lasa/socket";
   *
   * const [near, far] = pair();
   * await far.send("one\ntwo\nthr");
   * let line: string | null = await near.receive();
   * while (line !== null) {
   *   console.log(line); // "one", then "two"
   *   line = near.tryReceive();
   * }
   * await far.send("ee\n");
   * console.log(await near.receive()); // "three"
   * near.close();
   * far.close();
   * ```
   */
  tryReceive(size: number): Uint8Array<ArrayBuffer> | null;
  /** Takes all bytes up to the peer's end without waiting; `null` where that has not come. */
  tryReceive(pattern: "*a"): Uint8Array<ArrayBuffer> | null;
  /** Takes a line as bytes without waiting; `null` where its end has not come. */
  tryReceive(
    pattern: "*l" | undefined,
    options: { as: "bytes" },
  ): Uint8Array<ArrayBuffer> | null;
  /** Takes a line as text without waiting; `null` where its end has not come. */
  tryReceive(pattern?: "*l", options?: { as?: "text" }): string | null;
  tryReceive(
    what: number | "*l" | "*a" = "*l",
    options?: { as?: "text" | "bytes" },
  ): Uint8Array<ArrayBuffer> | string | null {
    const take = takeOf(what, options);
    const error = refusal();
    if (error !== null) throw error;
    const { receiver } = this;
    if (receiver === null || receiver.isClosed) throw closed(take);
    return receiver.tryRead<Uint8Array<ArrayBuffer> | string>(take);
  }

  /**
   * Waits for some bytes, at least one.
   *
   * @param max How many at most.
   * @throws {ClosedError} Where the peer has ended.
   * @throws {RangeError} Where `max` is not a whole number from 1 up.
   */
  receiveAny(max: number): Promise<Uint8Array<ArrayBuffer>> {
    const wrong = sizeError(max, 1);
    return wrong === null ? this.#read(upTo(max)) : Promise.reject(wrong);
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
  receiveUntil(pattern: string | Uint8Array, options?: { inclusive?: boolean }): UntilReader {
    const bytes = typeof pattern === "string" ? new TextEncoder().encode(pattern) : pattern.slice();
    const until = new Until(bytes, options?.inclusive ?? false);
    return (size) => {
      const wrong = size === undefined ? null : sizeError(size, 1);
      if (wrong !== null) return Promise.reject(wrong);
      // Once the end was told there is nothing left to tell apart, not even a pattern's.
      if (!until.isAtEnd || (this.receiver?.isFinished ?? true)) {
        return this.#read(until.piece(size));
      }
      const error = refusal();
      if (error !== null) return Promise.reject(error);
      until.isAtEnd = false;
      return Promise.resolve(null);
    };
  }

  /** Receiving, as a case of a `select`: exactly `size` bytes. */
  receiving(size: number): Selectable<Uint8Array<ArrayBuffer>>;
  /** Receiving, as a case of a `select`: everything up to the peer's end. */
  receiving(pattern: "*a"): Selectable<Uint8Array<ArrayBuffer>>;
  /** Receiving, as a case of a `select`: a line. */
  receiving(pattern?: "*l"): Selectable<string>;
  receiving(what: number | "*l" | "*a" = "*l"): Selectable<Uint8Array<ArrayBuffer> | string> {
    const take: Take<Uint8Array<ArrayBuffer> | string> = takeOf(what, undefined);
    if (this.receiver === null) throw new ClosedError("Cannot receive: closed");
    return this.receiver.selecting(take);
  }

  /** Whether data has arrived that nobody has taken; takes none and does not wait for any. */
  peek(): Promise<boolean> {
    const { receiver } = this;
    if (receiver === null) return Promise.resolve(false);
    if (receiver.bytes.size > 0 || receiver.isOver) return Promise.resolve(receiver.bytes.size > 0);
    // What the system holds shows only to a read: start one, and look after one turn of the loop.
    receiver.startRead();
    return new Promise((resolve) => setImmediate(() => resolve(receiver.bytes.size > 0)));
  }

  /**
   * Waits for `size` bytes and gives a copy of them; they stay to be received.
   *
   * @throws {ClosedError} Where the peer ends first; `partial` is a copy of what came.
   * @throws {TimeoutError} Where they do not come in time.
   */
  peekBytes(size: number): Promise<Uint8Array<ArrayBuffer>> {
    const wrong = sizeError(size, 0);
    return wrong === null ? this.#read(look(size)) : Promise.reject(wrong);
  }

  /**
   * Waits for a frame whose length stands in front of it.
   *
   * @param options How the length is written, and how long a frame may be.
   * @returns The frame without its length. A timeout takes nothing: the frame can be asked for again.
   * @throws {LimitError} Where the length is over `maxFrameBytes`.
   * @throws {RemoteProtocolError} Where a length that counts itself is less than it is long.
   */
  async receiveFrame(options: FrameOptions = {}): Promise<Uint8Array<ArrayBuffer>> {
    const { lengthBytes = 4, littleEndian = false, countsItself = false } = options;
    const max = options.maxFrameBytes ?? 16 * 1024 * 1024;
    if (lengthBytes !== 1 && lengthBytes !== 2 && lengthBytes !== 4) {
      throw new RangeError(
        `Cannot receive a frame: a length has 1, 2 or 4 bytes, not ${lengthBytes}`,
      );
    }
    return await this.#read(frame(lengthBytes, (head) => {
      const told = lengthBytes === 1
        ? head.getUint8(0)
        : lengthBytes === 2
        ? head.getUint16(0, littleEndian)
        : head.getUint32(0, littleEndian);
      const length = countsItself ? told - lengthBytes : told;
      if (length < 0) {
        throw new RemoteProtocolError(
          `Cannot receive the frame: its length of ${told} does not even count itself`,
        );
      }
      if (length > max) {
        throw new LimitError(`Cannot receive the frame: its length is ${length}, at most ${max}`, {
          limit: "maxFrameBytes",
        });
      }
      return length;
    }));
  }

  /**
   * Waits for the header with which a proxy tells who is behind it (PROXY protocol, versions 1 and 2).
   *
   * @returns Who called whom; nothing behind the header is taken.
   * @throws {RemoteProtocolError} Where the connection does not start with such a header.
   */
  async receiveProxyHeader(): Promise<ProxyHeader> {
    return await this.#read<ProxyHeader>({
      want: 0,
      take: ({ bytes }) => {
        const found = parseProxyHeader(bytes.view());
        if (found === null) return null;
        bytes.skip(found.length);
        return found.header;
      },
      takePartial: ({ bytes }) => bytes.view().slice(),
    });
  }

  #read<T>(what: Take<T>): Promise<T> {
    const error = refusal();
    if (error !== null) return Promise.reject(error);
    const { receiver } = this;
    if (receiver !== null && !receiver.isClosed) {
      try {
        return receiver.read(what, this.timeouts.readMs);
      } catch (error) {
        return Promise.reject(error);
      }
    }
    return Promise.reject(closed(what));
  }
}

function closed(what: Take<unknown>): ClosedError {
  const partial = what === LINE ? "" : new Uint8Array(0);
  return new ClosedError("Cannot receive: closed", { partial });
}

function takeOf(
  what: number | "*l" | "*a",
  options: { as?: "text" | "bytes" } | undefined,
): Take<Uint8Array<ArrayBuffer>> | Take<string> {
  if (typeof what === "number") {
    const wrong = sizeError(what, 0);
    if (wrong !== null) throw wrong;
    return exactly(what);
  }
  if (what === "*a") return EVERYTHING;
  if (what === "*l") return options?.as === "bytes" ? LINE_BYTES : LINE;
  throw new TypeError(`Cannot receive: ${JSON.stringify(what)} is no pattern`);
}

function sizeError(size: number, least: number): Error | null {
  if (typeof size !== "number") return new TypeError(`Cannot receive: ${size} is not a size`);
  if (Number.isSafeInteger(size) && size >= least) return null;
  return new RangeError(`Cannot receive: size ${size} is not a whole number from ${least} up`);
}
