/**
 * Text out of bytes: whole, or piece by piece, wrong at the first byte that cannot be UTF-8.
 *
 * @module
 */

/** Makes a text of the bytes from `start` up to `end`, all of which are ASCII. */
export type AsciiDecoder = (bytes: Uint8Array<ArrayBuffer>, start: number, end: number) => string;

// RFC 6455 §5.6: a message is text as it stands; a byte order mark is a character like others.
const whole = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** {@linkcode AsciiDecoder} with what the language has. */
export function decodeAscii(bytes: Uint8Array<ArrayBuffer>, start: number, end: number): string {
  // For short texts eight arguments at once are quicker than a decoder.
  if (end - start > 256) return whole.decode(bytes.subarray(start, end));
  let text = "";
  for (; start + 8 <= end; start += 8) {
    text += String.fromCharCode(
      bytes[start],
      bytes[start + 1],
      bytes[start + 2],
      bytes[start + 3],
      bytes[start + 4],
      bytes[start + 5],
      bytes[start + 6],
      bytes[start + 7],
    );
  }
  for (; start < end; start++) text += String.fromCharCode(bytes[start]);
  return text;
}

/** Makes a text of bytes. @throws {TypeError} Where they are no UTF-8. */
export function decodeText(bytes: Uint8Array): string {
  return whole.decode(bytes);
}

/** A text that comes in pieces, which may cut characters. */
export class TextPieces {
  readonly #ascii: AsciiDecoder;
  #decoder: TextDecoder | null = null;
  // Whether the decoder may hold the start of a character.
  #isCut = false;

  constructor(ascii: AsciiDecoder) {
    this.#ascii = ascii;
  }

  /**
   * Takes a piece.
   *
   * @param bytes What holds it, from `start` up to `end`.
   * @param isAscii Whether it is known to be ASCII.
   * @param isLast Whether the text ends with it.
   * @returns Its characters; one that is cut comes with the next piece.
   * @throws {TypeError} At the first byte that cannot be UTF-8, and at an end in mid-character.
   */
  push(
    bytes: Uint8Array<ArrayBuffer>,
    start: number,
    end: number,
    isAscii: boolean,
    isLast: boolean,
  ): string {
    if (isAscii && !this.#isCut) return start === end ? "" : this.#ascii(bytes, start, end);
    const decoder = this.#decoder ??= new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
    if (end > start) this.#isCut = bytes[end - 1] >= 0x80;
    if (isLast) this.#isCut = false;
    return decoder.decode(bytes.subarray(start, end), { stream: !isLast });
  }
}
