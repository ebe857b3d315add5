/**
 * The chunked coding (RFC 9112 §7.1), read strictly: no sign, no blank, no half-said extension.
 *
 * @module
 */

import { RemoteProtocolError } from "../../errors.ts";
import type { ResponseEvent } from "./events.ts";
import { FieldSection } from "./field_section.ts";
import { FIELD_BYTE, HEX, latin1, quoted, TOKEN } from "./grammar.ts";
import type { Input } from "./input.ts";
import type { ReaderLimits } from "./limits.ts";

const CR = 13;
const LF = 10;
const QUOTE = 34;
const SEMICOLON = 59;
const EQUALS = 61;
const BACKSLASH = 92;
// 13 digits are 52 bits: what a number counts exactly.
const MOST_DIGITS = 13;

/** Reads the body of one response after another. */
export class ChunkedBody {
  readonly #limits: ReaderLimits;
  readonly #trailers: FieldSection;
  #state: "size" | "data" | "data-end" | "trailers" = "size";
  #left = 0;

  constructor(limits: ReaderLimits) {
    this.#limits = limits;
    this.#trailers = new FieldSection(limits);
  }

  /** Gets ready for a new body. */
  start(): void {
    this.#state = "size";
  }

  /** Bytes of the chunk being read that are still to come. */
  get plainLeft(): number {
    return this.#state === "data" ? this.#left : 0;
  }

  /** Tells of so many of them that came another way. */
  passBody(count: number): void {
    this.#left -= count;
    if (this.#left === 0) this.#state = "data-end";
  }

  /** The next event, or `null` where more bytes are needed. */
  nextEvent(input: Input): ResponseEvent | null {
    for (;;) {
      switch (this.#state) {
        case "size": {
          if (!input.hasLine(this.#limits.maxChunkLineBytes, "maxChunkLineBytes")) return null;
          this.#left = readSizeLine(input);
          this.#state = this.#left === 0 ? "trailers" : "data";
          if (this.#left === 0) this.#trailers.start(0);
          break;
        }
        case "data": {
          const bytes = input.takeUpTo(this.#left);
          if (bytes === null) return null;
          this.#left -= bytes.length;
          if (this.#left === 0) this.#state = "data-end";
          return { type: "data", bytes };
        }
        case "data-end": {
          const { bytes, at } = input;
          const there = bytes.length - at;
          if ((there > 0 && bytes[at] !== CR) || (there > 1 && bytes[at + 1] !== LF)) {
            const found = quoted(latin1(bytes.subarray(at, at + 2)));
            throw new RemoteProtocolError(`Cannot read the chunk: its data ends in ${found}`);
          }
          if (there < 2) return null;
          input.at += 2;
          this.#state = "size";
          break;
        }
        case "trailers":
          if (!this.#trailers.read(input)) return null;
          this.#checkTrailers();
          return { type: "end", trailers: this.#trailers.take() };
      }
    }
  }

  /** RFC 9110 §6.5.1: no framing behind the body, where who merges it into the head is misled. */
  #checkTrailers(): void {
    const { contentLength, transferEncoding } = this.#trailers;
    if (contentLength < 0 && transferEncoding === null) return;
    const name = contentLength < 0 ? "Transfer-Encoding" : "Content-Length";
    throw new RemoteProtocolError(`Cannot read the trailers: ${name} is one of them`);
  }
}

/** chunk-size [ chunk-ext ] CRLF, whose LF is there. */
function readSizeLine(input: Input): number {
  const { bytes, at: start } = input;
  let at = start;
  let size = 0;
  while (HEX[bytes[at]] < 16) size = size * 16 + HEX[bytes[at++]];
  if (at === start || at - start > MOST_DIGITS) throw badSize(bytes, start);
  while (bytes[at] === SEMICOLON) at = skipExtension(bytes, at + 1, start);
  if (bytes[at] !== CR || bytes[at + 1] !== LF) throw badSize(bytes, start);
  input.at = at + 2;
  return size;
}

/** chunk-ext-name [ "=" ( token / quoted-string ) ] (RFC 9112 §7.1.1); extensions are not used. */
function skipExtension(bytes: Uint8Array, at: number, start: number): number {
  at = skipToken(bytes, at, start);
  if (bytes[at] !== EQUALS) return at;
  if (bytes[++at] !== QUOTE) return skipToken(bytes, at, start);
  for (at++; bytes[at] !== QUOTE; at++) {
    if (bytes[at] === BACKSLASH) at++;
    if (FIELD_BYTE[bytes[at]] !== 1) throw badSize(bytes, start);
  }
  return at + 1;
}

function skipToken(bytes: Uint8Array, at: number, start: number): number {
  const from = at;
  while (TOKEN[bytes[at]] === 1) at++;
  if (at === from) throw badSize(bytes, start);
  return at;
}

function badSize(bytes: Uint8Array, start: number): RemoteProtocolError {
  const line = latin1(bytes.subarray(start, bytes.indexOf(LF, start)));
  return new RemoteProtocolError(`Cannot read chunk size: line is ${quoted(line)}`);
}
