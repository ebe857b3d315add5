/**
 * Reads frames (RFC 6455 §5): bytes in, as they come, and frames out.
 *
 * Small payloads are unmasked where they were read and become text right there; those of large
 * binary frames are read straight into the array that is handed out. A frame that is cut off stays
 * here: whoever asks again, however much later, gets it whole. Everything that the peer may not do
 * is noticed at the first byte that shows it.
 *
 * @module
 */

import { hurryCollector } from "../../bytes/collector.ts";
import { concat } from "../../bytes/concat.ts";
import { type LasaError, LimitError, RemoteProtocolError } from "../../errors.ts";
import {
  CLOSE_CODES,
  FIN,
  type Frame,
  FRAME_TYPES,
  type FrameType,
  isCloseCode,
  MAX_CONTROL_BYTES,
  RSV1,
} from "./frame.ts";
import { isAscii, mask, maskText, turnedKey } from "./mask.ts";
import { ReadRoom } from "./read_room.ts";
import { type AsciiDecoder, decodeText, TextPieces } from "./text.ts";

/** How much is read, and what is expected. */
export interface FrameReaderOptions {
  /** Whether the peer must mask, which clients must and servers must not (RFC 6455 §5.1). */
  readonly isMasked: boolean;
  /** Bytes of one frame's payload. */
  readonly maxPayloadLen: number;
  /** Bytes of one message, inflated where it came compressed. */
  readonly maxMessageLen: number;
  /** Inflates a message; `null` where no compression was agreed on. */
  readonly inflate: ((payload: Uint8Array) => Uint8Array<ArrayBuffer>) | null;
  /** Makes text of ASCII. */
  readonly ascii: AsciiDecoder;
}

type Bytes = Uint8Array<ArrayBuffer>;

/** Reads the frames of one connection. */
export class FrameReader {
  /** With which code to close, where something was thrown. */
  failCode: number = CLOSE_CODES.protocolError;
  readonly #options: FrameReaderOptions;
  readonly #input = new ReadRoom();
  readonly #text: TextPieces;
  // The message under way: its kind, its bytes so far, and its fragments where it is compressed.
  #message: "text" | "binary" | null = null;
  #messageBytes = 0;
  #fragments: Uint8Array[] | null = null;
  // The data frame under way, whose payload is taken as it comes.
  #isInFrame = false;
  #type: FrameType = "text";
  #isFinal = true;
  #isCompressed = false;
  #length = 0;
  #taken = 0;
  #key = 0;
  #pieces = "";
  #payload: Bytes | null = null;
  #payloadView: DataView | null = null;

  /** Makes a reader for a new connection. */
  constructor(options: FrameReaderOptions) {
    this.#options = options;
    this.#text = new TextPieces(options.ascii);
  }

  /** Whether nothing of a further frame has arrived. */
  get isBetweenFrames(): boolean {
    return !this.#isInFrame && this.#input.size === 0;
  }

  /** Where to read to; {@linkcode FrameReader.commit} what was filled before anything else is asked. */
  room(): Bytes {
    if (this.#payload !== null && this.#input.size === 0) {
      return this.#payload.subarray(this.#taken);
    }
    return this.#input.room();
  }

  /** Counts bytes of the last {@linkcode FrameReader.room} as received. */
  commit(count: number): void {
    // A payload that is under way and nothing else: they are its own.
    if (this.#payload !== null && this.#input.size === 0) this.#commitPayload(count);
    else this.#input.commit(count);
  }

  /** Takes a copy of bytes that were received elsewhere. */
  receive(bytes: Uint8Array): void {
    this.#input.push(bytes);
  }

  /** Drops what has arrived; nothing of it is wanted any more. */
  drop(): void {
    this.#input.drop();
    this.#payload = this.#payloadView = this.#fragments = null;
    this.#pieces = "";
    this.#isInFrame = false;
  }

  /**
   * Gives the next frame.
   *
   * @returns The frame; `null` where more bytes are needed.
   * @throws {RemoteProtocolError} Where the peer broke the protocol.
   * @throws {LimitError} Where a frame or message is too large.
   */
  nextFrame(): Frame | null {
    for (;;) {
      if (this.#isInFrame) {
        const frame = this.#isInPayload ? this.#takePayload() : this.#takeText();
        // A fragment of a compressed message is kept until the message is whole.
        if (frame !== null || this.#isInFrame) return frame;
        continue;
      }
      const input = this.#input;
      const { bytes, view } = input;
      let at = input.start;
      const size = input.end - at;
      if (size === 0) return null;
      const first = bytes[at];
      this.#checkFirst(first);
      if (size < 2) return null;
      const second = bytes[at + 1];
      if (second >= 0x80 !== this.#options.isMasked) {
        // RFC 6455 §5.1: an endpoint fails the connection over either.
        throw this.#violation(`a frame is ${second >= 0x80 ? "masked" : "not masked"}`);
      }
      let length = second & 0x7f;
      at += 2;
      if (first & 0x08) {
        if (length > MAX_CONTROL_BYTES) {
          throw this.#violation("a control frame carries more than 125 bytes");
        }
      } else if (length === 126) {
        if (size < 4) return null;
        length = view.getUint16(at);
        at += 2;
        if (length < 126) throw this.#violation(`length ${length} is not written shortest`);
      } else if (length === 127) {
        if (size < 10) return null;
        const high = view.getUint32(at);
        length = high * 2 ** 32 + view.getUint32(at + 4);
        at += 8;
        // RFC 6455 §5.2: the most significant bit must be 0, and the shortest form be used.
        if (high >= 2 ** 31) throw this.#violation("a length has its highest bit set");
        if (length < 65_536) throw this.#violation(`length ${length} is not written shortest`);
      }
      if (length > this.#options.maxPayloadLen && !(first & 0x08)) {
        throw this.#tooLarge(`frame of ${length} bytes`, "maxPayloadLen");
      }
      let key = 0;
      if (second >= 0x80) {
        if (input.end - at < 4) return null;
        key = view.getInt32(at, true);
        at += 4;
      }
      const isWhole = input.end - at >= length;
      if (first & 0x08) {
        if (!isWhole) return null;
        input.start = at + length;
        if (key !== 0) mask(view, at, at + length, key);
        return this.#control(FRAME_TYPES[first & 0x0f]!, bytes.subarray(at, at + length));
      }
      // The commonest frame by far: a text that is all here.
      if (first === (FIN | 1) && isWhole) {
        input.start = at + length;
        return {
          type: "text",
          data: this.#textOf(view, bytes, at, at + length, key),
          again: false,
        };
      }
      input.start = at;
      this.#startFrame(first, length, key);
    }
  }

  /** What the first byte shows already: reserved bits, reserved kinds, a wrong order. */
  #checkFirst(first: number): void {
    const opcode = first & 0x0f;
    const type = FRAME_TYPES[opcode];
    // RFC 6455 §5.2: reserved bits must be 0 unless an extension gives them a meaning. RFC 7692 §6
    // gives the first one to the first frame of a message.
    const reserved = first & 0x70;
    if (reserved !== 0) {
      const isCompression = reserved === RSV1 && this.#options.inflate !== null &&
        (opcode === 1 || opcode === 2);
      if (!isCompression) throw this.#violation(`reserved bits are set: 0x${first.toString(16)}`);
    }
    if (type === undefined) throw this.#violation(`opcode ${opcode} is reserved`);
    if (opcode >= 8) {
      if (first < FIN) throw this.#violation("a control frame is fragmented");
    } else if (opcode === 0) {
      if (this.#message === null) throw this.#violation("there is no message to continue");
    } else if (this.#message !== null) {
      throw this.#violation(`a ${type} frame stands within a fragmented message`);
    }
  }

  #startFrame(first: number, length: number, key: number): void {
    const opcode = first & 0x0f;
    if (opcode !== 0) {
      this.#message = opcode === 1 ? "text" : "binary";
      this.#messageBytes = 0;
      this.#fragments = (first & RSV1) !== 0 ? [] : null;
    }
    this.#messageBytes += length;
    if (this.#messageBytes > this.#options.maxMessageLen) {
      throw this.#tooLarge(`message of ${this.#messageBytes} bytes`, "maxMessageLen");
    }
    this.#type = FRAME_TYPES[opcode]!;
    this.#isFinal = first >= FIN;
    this.#isCompressed = this.#fragments !== null;
    this.#length = length;
    this.#taken = 0;
    this.#key = key;
    this.#isInFrame = true;
    if (!this.#isInPayload) return;
    const { bytes, start } = this.#input;
    const count = Math.min(length, this.#input.size);
    hurryCollector(length);
    if (count === length) {
      this.#payload = bytes.slice(start, start + length);
    } else {
      this.#payload = new Uint8Array(length);
      this.#payload.set(bytes.subarray(start, start + count));
    }
    this.#payloadView = new DataView(this.#payload.buffer);
    this.#input.start = start + count;
    this.#commitPayload(count);
  }

  /** Whether the frame under way is gathered in an array of its own, and not turned into text at once. */
  get #isInPayload(): boolean {
    return this.#isCompressed || this.#message === "binary";
  }

  #commitPayload(count: number): void {
    if (this.#key !== 0) {
      const key = turnedKey(this.#key, this.#taken);
      mask(this.#payloadView!, this.#taken, this.#taken + count, key);
    }
    this.#taken += count;
  }

  #takePayload(): Frame | null {
    const payload = this.#payload!;
    if (this.#taken < this.#length) {
      // Bytes that were received elsewhere lie in the input.
      const count = Math.min(this.#length - this.#taken, this.#input.size);
      if (count === 0) return null;
      const { bytes, start } = this.#input;
      payload.set(bytes.subarray(start, start + count), this.#taken);
      this.#input.start = start + count;
      this.#commitPayload(count);
      if (this.#taken < this.#length) return null;
    }
    this.#isInFrame = false;
    this.#payload = this.#payloadView = null;
    if (this.#isCompressed) return this.#takeFragment(payload);
    const frame = { type: this.#type, data: payload, again: !this.#isFinal } as Frame;
    if (this.#isFinal) this.#message = null;
    return frame;
  }

  #takeFragment(payload: Bytes): Frame | null {
    const fragments = this.#fragments!;
    fragments.push(payload);
    if (!this.#isFinal) return null;
    const type = this.#message!;
    this.#message = this.#fragments = null;
    const message = this.#inflate(fragments.length === 1 ? payload : concat(fragments));
    if (type === "binary") return { type, data: message, again: false };
    return { type, data: this.#decode(() => decodeText(message)), again: false };
  }

  #inflate(payload: Uint8Array): Bytes {
    try {
      const message = this.#options.inflate!(payload);
      hurryCollector(message.length);
      return message;
    } catch (error) {
      this.failCode = error instanceof LimitError ? CLOSE_CODES.tooLarge : CLOSE_CODES.invalidData;
      throw error;
    }
  }

  #takeText(): Frame | null {
    const { bytes, view, start, size } = this.#input;
    const count = Math.min(this.#length - this.#taken, size);
    if (count === 0 && this.#taken < this.#length) return null;
    const end = start + count;
    const ascii = this.#key === 0
      ? isAscii(view, start, end)
      : maskText(view, start, end, turnedKey(this.#key, this.#taken));
    this.#taken += count;
    this.#input.start = end;
    const isWhole = this.#taken === this.#length;
    const isLast = isWhole && this.#isFinal;
    // RFC 6455 §8.1: what is no UTF-8 fails the connection, and early is better than late.
    this.#pieces += this.#decode(() => this.#text.push(bytes, start, end, ascii, isLast));
    if (!isWhole) return null;
    const frame = { type: this.#type, data: this.#pieces, again: !this.#isFinal } as Frame;
    this.#pieces = "";
    this.#isInFrame = false;
    if (this.#isFinal) this.#message = null;
    return frame;
  }

  #textOf(view: DataView, bytes: Bytes, start: number, end: number, key: number): string {
    if (end - start > this.#options.maxMessageLen) {
      throw this.#tooLarge(`message of ${end - start} bytes`, "maxMessageLen");
    }
    const ascii = key === 0 ? isAscii(view, start, end) : maskText(view, start, end, key);
    if (ascii) return start === end ? "" : this.#options.ascii(bytes, start, end);
    return this.#decode(() => decodeText(bytes.subarray(start, end)));
  }

  #decode(decode: () => string): string {
    try {
      return decode();
    } catch (error) {
      this.failCode = CLOSE_CODES.invalidData;
      throw new RemoteProtocolError("Cannot read the message: its text is not UTF-8", {
        cause: error,
      });
    }
  }

  #control(type: FrameType, payload: Bytes): Frame {
    if (type !== "close") {
      return { type, data: payload.slice(), again: false } as Frame;
    }
    if (payload.length === 0) return { type, data: "", again: false };
    // RFC 6455 §5.5.1: a code of two bytes, then perhaps a reason.
    if (payload.length === 1) throw this.#violation("a close frame carries one byte");
    const code = payload[0] << 8 | payload[1];
    if (!isCloseCode(code)) throw this.#violation(`close code ${code} may not be sent`);
    const data = this.#decode(() => decodeText(payload.subarray(2)));
    return { type, data, again: false, code };
  }

  #violation(what: string): LasaError {
    this.failCode = CLOSE_CODES.protocolError;
    return new RemoteProtocolError(`Cannot read the frame: ${what}`);
  }

  #tooLarge(what: string, limit: "maxPayloadLen" | "maxMessageLen"): LasaError {
    this.failCode = CLOSE_CODES.tooLarge;
    return new LimitError(
      `Cannot read the message: a ${what} is over the limit of ${this.#options[limit]}`,
      { limit },
    );
  }
}
