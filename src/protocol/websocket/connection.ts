/**
 * One end of a WebSocket connection behind its handshake: bytes in, frames out, and back.
 *
 * It knows the order of things, above all how one closes (RFC 6455 §7): who has sent a close frame,
 * what may still be sent, and with which code a peer is told what it did wrong. It does not answer
 * anything by itself, and knows no socket and no time.
 *
 * @module
 */

import { ClosedError, LasaError, LocalProtocolError } from "../../errors.ts";
import type { PerMessageDeflate } from "./deflate.ts";
import {
  CLOSE_CODES,
  FIN,
  type Frame,
  FRAME_TYPES,
  type FrameType,
  isCloseCode,
  MAX_CONTROL_BYTES,
  OPCODES,
  RSV1,
} from "./frame.ts";
import { FrameReader } from "./frame_reader.ts";
import { FrameWriter } from "./frame_writer.ts";
import { type AsciiDecoder, decodeAscii } from "./text.ts";

/** What a {@linkcode Connection} is made with. */
export interface ConnectionOptions {
  /** Which end this is. */
  role: "client" | "server";
  /** Gives the key of the next frame, which nobody may foretell; clients must mask (RFC 6455 §5.3). */
  maskKey?: (() => number) | null;
  /** A frame's payload is at most this many bytes. Default 65,535, as the seed has it. */
  maxPayloadLen?: number;
  /** A message is at most this many bytes, inflated. Default 16 MiB, or `maxPayloadLen` if larger. */
  maxMessageLen?: number;
  /** The compression that was agreed on. */
  deflate?: PerMessageDeflate | null;
  /** Makes text of ASCII, where there is a quicker way than the language's own. */
  ascii?: AsciiDecoder;
}

/** The default of `maxPayloadLen`. */
export const DEFAULT_MAX_PAYLOAD_LEN = 65_535;

/** The default of `maxMessageLen`. */
export const DEFAULT_MAX_MESSAGE_LEN: number = 16 * 1024 * 1024;

const encoder = new TextEncoder();

/** What `maxMessageLen` comes to. */
export function maxMessageLenOf(
  { maxMessageLen, maxPayloadLen = 0 }: Pick<ConnectionOptions, "maxMessageLen" | "maxPayloadLen">,
): number {
  return maxMessageLen ?? Math.max(DEFAULT_MAX_MESSAGE_LEN, maxPayloadLen);
}

/**
 * One end of a connection.
 *
 * @example Two ends, no socket
 * ```ts
 * import { WebSocketConnection } from "@lasa/lasa/protocol";
 *
 * const client = new WebSocketConnection({ role: "client", maskKey: () => 0x12345678 });
 * const server = new WebSocketConnection({ role: "server" });
 * client.send("text", "hello");
 * server.receive(client.takeOutput()!);
 * console.log(server.nextEvent()); // { type: "text", data: "hello", again: false }
 * ```
 */
export class Connection {
  /** The code of the peer's close frame, 1005 where it has none; `null` until it came. */
  receivedCode: number | null = null;
  /** The reason in the peer's close frame. */
  receivedReason = "";
  /** The code of this end's close frame, 1005 where it has none; `null` until it was sent. */
  sentCode: number | null = null;
  /** Whether the peer's close frame was answered by {@linkcode Connection.answerClose}. */
  isAnswered = false;
  readonly #reader: FrameReader;
  readonly #writer: FrameWriter;
  readonly #deflate: PerMessageDeflate | null;
  #hasEnded = false;
  #hasFailed = false;
  #sending: "text" | "binary" | null = null;

  /** Makes an end whose handshake is done. */
  constructor(options: ConnectionOptions) {
    const deflate = this.#deflate = options.deflate ?? null;
    const maxPayloadLen = options.maxPayloadLen ?? DEFAULT_MAX_PAYLOAD_LEN;
    this.#reader = new FrameReader({
      isMasked: options.role === "server",
      maxPayloadLen,
      maxMessageLen: maxMessageLenOf(options),
      inflate: deflate === null ? null : (payload) => deflate.inflate(payload),
      ascii: options.ascii ?? decodeAscii,
    });
    this.#writer = new FrameWriter(options.maskKey ?? null);
  }

  /** Whether data may still be sent. */
  get isOpen(): boolean {
    return this.sentCode === null && !this.#hasFailed;
  }

  /** Whether both ends have sent their close frame, or this one gave the connection up. */
  get isClosed(): boolean {
    return this.#hasFailed || (this.sentCode !== null && this.receivedCode !== null);
  }

  /** Whether nothing more can come: a close frame did, or the end, or what the peer may not send. */
  get isDoneReceiving(): boolean {
    return this.#hasFailed || this.receivedCode !== null || this.#hasEnded;
  }

  /** Whether all that arrived has been told. */
  get isBetweenFrames(): boolean {
    return this.#reader.isBetweenFrames;
  }

  /** Whether a message is being sent in fragments. */
  get isFragmenting(): boolean {
    return this.#sending !== null;
  }

  /** Bytes that were sent and not taken. */
  get outputSize(): number {
    return this.#writer.size;
  }

  /** Where to read to; tell {@linkcode Connection.commit} what was filled before the next call. */
  room(): Uint8Array<ArrayBuffer> {
    return this.#reader.room();
  }

  /** Counts bytes of the last {@linkcode Connection.room} as received. */
  commit(count: number): void {
    if (!this.isDoneReceiving) this.#reader.commit(count);
  }

  /** Takes a copy of bytes that arrived. */
  receive(bytes: Uint8Array): void {
    if (!this.isDoneReceiving) this.#reader.receive(bytes);
  }

  /** Tells that the peer will send nothing more. */
  receiveEnd(): void {
    this.#hasEnded = true;
  }

  /**
   * Gives the next frame.
   *
   * @returns The frame; `null` where more bytes are needed, or nothing more will come.
   * @throws {RemoteProtocolError} Where the peer broke the protocol; a close frame that says so is
   *   ready to be taken, and the connection is over.
   * @throws {LimitError} Where a frame or message is too large; likewise.
   */
  nextEvent(): Frame | null {
    if (this.#hasFailed || this.receivedCode !== null) return null;
    let frame: Frame | null;
    try {
      frame = this.#reader.nextFrame();
    } catch (error) {
      this.#fail(error);
      throw error;
    }
    if (frame !== null && frame.type === "close") {
      this.receivedCode = frame.code ?? CLOSE_CODES.none;
      this.receivedReason = frame.data;
      // RFC 6455 §5.5.1: nothing behind a close frame is looked at.
      this.#reader.drop();
    }
    return frame;
  }

  /**
   * Appends a frame to what is to leave.
   *
   * @param type Its kind; a `close` frame is sent by {@linkcode Connection.sendClose}.
   * @param payload What it carries, text as UTF-8. Large bytes must not change until they have left.
   * @param isFinal Whether it is the last of its message.
   * @returns How many bytes the frame takes.
   * @throws {LocalProtocolError} Where this frame may not be sent now.
   * @throws {ClosedError} Where a close frame was sent already.
   */
  send(type: FrameType, payload: string | Uint8Array, isFinal = true): number {
    if (!this.isOpen) throw new ClosedError(`Cannot send a ${type} frame: closed`);
    switch (type) {
      case "text":
      case "binary":
        return this.#sendData(type, payload, isFinal);
      case "continuation":
        if (this.#sending === null) {
          throw new LocalProtocolError("Cannot send a continuation frame: no message is under way");
        }
        if (isFinal) this.#sending = null;
        return this.#writer.write(isFinal ? FIN : 0, payload);
      case "ping":
      case "pong":
        return this.#writer.write(FIN | OPCODES[type], checkedControl(type, payload, isFinal));
      case "close": {
        const bytes = checkedControl(type, payload, isFinal);
        const code = bytes.length === 0 ? CLOSE_CODES.none : bytes[0] << 8 | bytes[1];
        // RFC 6455 §5.5.1: nothing, or a code of two bytes that may be sent.
        if (bytes.length === 1 || (bytes.length > 1 && !isCloseCode(code))) {
          throw new LocalProtocolError(
            `Cannot send a close frame: it starts with [${bytes.subarray(0, 2)}], which is no code`,
          );
        }
        this.sentCode = code;
        return this.#writer.write(FIN | OPCODES.close, bytes);
      }
    }
  }

  /**
   * Appends a close frame.
   *
   * @param code Why; none for a frame without code.
   * @param reason Why, in words: at most 123 bytes of UTF-8.
   * @throws {RangeError} Where the code may not be sent, or the reason is too long.
   * @throws {ClosedError} Where a close frame was sent already.
   */
  sendClose(code?: number, reason = ""): number {
    return this.send("close", closePayload(code, reason));
  }

  /** Answers the peer's close frame with its own code and reason, where that is still due. */
  answerClose(): void {
    if (!this.isOpen || this.receivedCode === null) return;
    this.isAnswered = true;
    const code = this.receivedCode;
    if (code === CLOSE_CODES.none) this.sendClose();
    else this.sendClose(code, this.receivedReason);
  }

  /** Takes what is to leave next; `null` where there is nothing. {@linkcode Connection.release} it then. */
  takeOutput(): Uint8Array<ArrayBuffer> | null {
    return this.#writer.takeOutput();
  }

  /** What was taken last has left: its memory may be used again. */
  release(): void {
    this.#writer.release();
  }

  /** Drops everything: nothing more will be read or sent. */
  abandon(): void {
    this.#hasFailed = true;
    this.#deflate?.close();
    this.#reader.drop();
    this.#writer.drop();
  }

  #sendData(type: "text" | "binary", payload: string | Uint8Array, isFinal: boolean): number {
    if (this.#sending !== null) {
      throw new LocalProtocolError(
        `Cannot send a ${type} frame: a fragmented message is under way`,
      );
    }
    if (!isFinal) {
      this.#sending = type;
      return this.#writer.write(OPCODES[type], payload);
    }
    if (this.#deflate !== null) {
      const message = typeof payload === "string" ? encoder.encode(payload) : payload;
      const compressed = this.#deflate.compress(message);
      if (compressed !== null) return this.#writer.write(FIN | RSV1 | OPCODES[type], compressed);
      payload = message;
    }
    return this.#writer.write(FIN | OPCODES[type], payload);
  }

  /** RFC 6455 §7.1.7: tells the peer why, then the connection is over. */
  #fail(error: unknown): void {
    this.#reader.drop();
    if (this.isOpen && error instanceof LasaError) {
      const reason = error.message.replace(/^Cannot read the \w+: /, "");
      this.sendClose(this.#reader.failCode, cutTo(reason, MAX_CONTROL_BYTES - 2));
    }
    this.#hasFailed = true;
  }
}

/** The kind of a frame from its number, as the seed's raw call gives it. */
export function frameTypeOf(opcode: number): FrameType {
  const type = FRAME_TYPES[opcode];
  if (type === undefined) {
    throw new RangeError(`Cannot send a frame: opcode ${opcode} has no meaning`);
  }
  return type;
}

/** What a close frame carries. */
export function closePayload(code?: number, reason = ""): Uint8Array {
  if (code === undefined) {
    if (reason === "") return new Uint8Array(0);
    throw new RangeError("Cannot close: a reason needs a code");
  }
  if (!Number.isInteger(code) || !isCloseCode(code)) {
    throw new RangeError(`Cannot close: code ${code} may not be sent`);
  }
  const text = encoder.encode(reason);
  if (text.length > MAX_CONTROL_BYTES - 2) {
    throw new RangeError(`Cannot close: the reason takes ${text.length} bytes, more than 123`);
  }
  const payload = new Uint8Array(2 + text.length);
  payload[0] = code >> 8;
  payload[1] = code & 0xff;
  payload.set(text, 2);
  return payload;
}

function checkedControl(
  type: FrameType,
  payload: string | Uint8Array,
  isFinal: boolean,
): Uint8Array {
  const bytes = typeof payload === "string" ? encoder.encode(payload) : payload;
  // RFC 6455 §5.5: control frames are short and whole.
  if (!isFinal) {
    throw new LocalProtocolError(`Cannot send a ${type} frame: it cannot be fragmented`);
  }
  if (bytes.length > MAX_CONTROL_BYTES) {
    throw new LocalProtocolError(
      `Cannot send a ${type} frame: it carries ${bytes.length} bytes, more than 125`,
    );
  }
  return bytes;
}

/** Our own reasons are ASCII but for what they quote. */
function cutTo(text: string, maxBytes: number): string {
  return text.replace(/[^\x20-\x7e]/g, "?").slice(0, maxBytes);
}
