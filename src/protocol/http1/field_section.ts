/**
 * The field lines of a head or of a trailer section, validated in one pass (RFC 9112 §5).
 *
 * Picks out, byte by byte, the few fields that decide about the connection; all others stay bytes.
 *
 * @module
 */

import { LimitError, RemoteProtocolError } from "../../errors.ts";
import { parseContentLength } from "./framing.ts";
import { FIELD_BYTE, latin1, quoted, TOKEN } from "./grammar.ts";
import { NO_FIELDS, ReceivedFields } from "./headers.ts";
import type { Input } from "./input.ts";
import type { ReaderLimits } from "./limits.ts";

const CR = 13;
const LF = 10;
const SP = 32;
const COLON = 58;

/** Reads one section, as far as the bytes go. */
export class FieldSection {
  /** What `Content-Length` says; -1 where it is absent. */
  contentLength = -1;
  /** The `Transfer-Encoding` values, joined by commas. */
  transferEncoding: string | null = null;
  /** Whether `Connection` says `close`. */
  saysClose = false;
  /** Whether `Connection` says `keep-alive`. */
  saysKeepAlive = false;
  /** Whether `Content-Encoding` is there. */
  isEncoded = false;
  /** What `Keep-Alive` says; `null` where it is absent. */
  keepAlive: string | null = null;
  readonly #limits: ReaderLimits;
  #size = 0;
  #count = 0;
  #isAscii = true;
  #length = 0;
  #isCut = false;
  #bytes: Uint8Array<ArrayBuffer> | null = null;
  #end = 0;

  constructor(limits: ReaderLimits) {
    this.#limits = limits;
  }

  /** Gets ready for a new section; `before` are the bytes of the head that were read already. */
  start(before: number): void {
    this.contentLength = -1;
    this.transferEncoding = null;
    this.saysClose = this.saysKeepAlive = this.isEncoded = false;
    this.keepAlive = null;
    this.#size = before;
    this.#count = this.#length = 0;
    this.#isAscii = true;
    this.#isCut = false;
  }

  /** The section that was read. */
  take(): ReceivedFields {
    if (this.#length === 0) return NO_FIELDS;
    const bytes = this.#bytes!;
    this.#bytes = null;
    return new ReceivedFields(bytes, this.#end - this.#length, this.#end, this.#isAscii);
  }

  /**
   * Reads on; the lines read so far stay in the input, in front of it, until the section is whole.
   *
   * @returns Whether the empty line that ends the section was read.
   */
  read(input: Input): boolean {
    const limits = this.#limits;
    // The input may have been joined anew: lines already read stand right before the next one.
    input.at += this.#length;
    for (;;) {
      const start = input.at;
      const bytes = input.bytes;
      if (start + 1 < bytes.length && bytes[start] === CR && bytes[start + 1] === LF) {
        this.#checkSize(2);
        this.#bytes = bytes;
        this.#end = start;
        input.at = start + 2;
        return true;
      }
      // A line that was cut off is read again only once its end has come.
      const next = this.#isCut && !this.#hasLine(input) ? -1 : this.#readLine(bytes, start);
      if (next < 0) {
        this.#isCut = true;
        this.#hasLine(input);
        this.#checkSize(bytes.length - start);
        input.at -= this.#length;
        return false;
      }
      this.#isCut = false;
      const size = next - start;
      if (size > limits.maxLineBytes) this.#hasLine(input);
      if (++this.#count > limits.maxHeaders) {
        throw new LimitError(`Cannot read the head: it has more than ${limits.maxHeaders} fields`, {
          limit: "maxHeaders",
        });
      }
      this.#size += size;
      this.#length += size;
      this.#checkSize(0);
      input.at = next;
    }
  }

  #hasLine(input: Input): boolean {
    return input.hasLine(this.#limits.maxLineBytes, "maxLineBytes");
  }

  #checkSize(more: number): void {
    if (this.#size + more > this.#limits.maxHeaderBytes) {
      throw new LimitError(
        `Cannot read the head: it is larger than ${this.#limits.maxHeaderBytes} bytes`,
        { limit: "maxHeaderBytes" },
      );
    }
  }

  /** Validates one line and gives where the next one starts; -1 where it is cut off. */
  #readLine(bytes: Uint8Array, start: number): number {
    const end = bytes.length;
    const token = TOKEN;
    const fieldByte = FIELD_BYTE;
    let at = start;
    while (at < end && token[bytes[at]] === 1) at++;
    if (at === end) return -1;
    // RFC 9112 §5.1 and §5.2: no blank before the colon, and no line that goes on from the last one.
    if (at === start || bytes[at] !== COLON) {
      // The CR of the section's last, empty line may come without its LF.
      if (at === start && at + 1 === end && bytes[at] === CR) return -1;
      throw badLine(bytes, start);
    }
    const nameEnd = at++;
    let seen = 0;
    while (at < end && fieldByte[bytes[at]] === 1) seen |= bytes[at++];
    if (at === end) return -1;
    // A CR that no LF follows could be a line's end to somebody else (RFC 9112 §2.2).
    if (bytes[at] !== CR) throw badLine(bytes, start);
    if (at + 1 === end) return -1;
    if (bytes[at + 1] !== LF) throw badLine(bytes, start);
    if (seen > 127) this.#isAscii = false;
    switch (nameEnd - start) {
      case 10:
        if (isNamed(bytes, start, "connection")) this.#readConnection(bytes, nameEnd, at);
        else if (isNamed(bytes, start, "keep-alive")) this.keepAlive = valueOf(bytes, nameEnd, at);
        break;
      case 14:
        if (isNamed(bytes, start, "content-length")) this.#readContentLength(bytes, nameEnd, at);
        break;
      case 16:
        if (isNamed(bytes, start, "content-encoding")) this.isEncoded = true;
        break;
      case 17:
        if (isNamed(bytes, start, "transfer-encoding")) {
          const value = valueOf(bytes, nameEnd, at);
          const before = this.transferEncoding;
          this.transferEncoding = before === null ? value : `${before}, ${value}`;
        }
        break;
    }
    return at + 2;
  }

  #readContentLength(bytes: Uint8Array, colon: number, end: number): void {
    const plain = plainNumber(bytes, colon, end);
    const length = plain >= 0 ? plain : parseContentLength(valueOf(bytes, colon, end));
    // RFC 9112 §6.3 rule 5: several equal values count as one, differing ones frame nothing.
    if (this.contentLength >= 0 && this.contentLength !== length) {
      throw new RemoteProtocolError(
        `Cannot read Content-Length: it is ${this.contentLength} and ${length}`,
      );
    }
    this.contentLength = length;
  }

  #readConnection(bytes: Uint8Array, colon: number, end: number): void {
    // Nearly all servers say just this; to make a string of it and part that costs 100 ns.
    if (end - colon === 12 && bytes[colon + 1] === SP && isNamed(bytes, colon + 2, "keep-alive")) {
      this.saysKeepAlive = true;
      return;
    }
    for (const option of valueOf(bytes, colon, end).toLowerCase().split(",")) {
      const name = option.trim();
      if (name === "close") this.saysClose = true;
      else if (name === "keep-alive") this.saysKeepAlive = true;
    }
  }
}

/** The number that is the whole value behind one space, as it is nearly always written; -1 for any other. */
function plainNumber(bytes: Uint8Array, colon: number, end: number): number {
  // Fifteen digits are always a safe integer.
  if (bytes[colon + 1] !== SP || end - colon < 3 || end - colon > 17) return -1;
  let number = 0;
  for (let at = colon + 2; at < end; at++) {
    const digit = bytes[at] - 48;
    if (digit < 0 || digit > 9) return -1;
    number = number * 10 + digit;
  }
  return number;
}

function badLine(bytes: Uint8Array, start: number): RemoteProtocolError {
  const end = bytes.indexOf(LF, start);
  const line = latin1(bytes.subarray(start, end < 0 ? bytes.length : end));
  return new RemoteProtocolError(`Cannot read the header line: it is ${quoted(line)}`);
}

/** Compares a name, whose length fits, without making a string; all letters of `name` are lower case. */
function isNamed(bytes: Uint8Array, start: number, name: string): boolean {
  for (let i = 0; i < name.length; i++) {
    if ((bytes[start + i] | 32) !== name.charCodeAt(i)) return false;
  }
  return true;
}

function valueOf(bytes: Uint8Array, colon: number, end: number): string {
  let start = colon + 1;
  while (start < end && (bytes[start] === 32 || bytes[start] === 9)) start++;
  while (end > start && (bytes[end - 1] === 32 || bytes[end - 1] === 9)) end--;
  // The values read here are short; for them this is quicker than a decoder or a spread.
  let value = "";
  while (start < end) value += String.fromCharCode(bytes[start++]);
  return value;
}
