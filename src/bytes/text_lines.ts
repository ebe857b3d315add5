/**
 * Lines of a byte queue as text, many decoded at once.
 *
 * To decode 4 KiB and cut the text costs a tenth of decoding line by line. The text is only a view of
 * bytes that are still in the queue: a line's bytes leave it with the line, and where somebody took
 * others meanwhile the text is dropped. So every other way to read sees what it always saw.
 *
 * @module
 */

import type { ByteQueue } from "./byte_queue.ts";
import { cutCharacterLength } from "./utf8.ts";

/**
 * A run is one line after other reads, since what follows it may be no text, and decoded for nothing;
 * then so many bytes, and from then on twice as many as before.
 */
const SECOND_RUN = 64;
/** As far as runs grow: a line that somebody keeps keeps the whole run's text in memory. */
const LARGEST_RUN = 4096;

/** A byte order mark is a character like others, since a line may begin anywhere. */
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** Takes lines of a queue as text from UTF-8, without LF and without any CR. */
export class TextLines {
  readonly #bytes: ByteQueue;
  // Whole lines, decoded; those before #at have been taken.
  #text = "";
  #at = 0;
  // Where the queue stands if nobody but this took from it since.
  #position = -1;
  // Up to which position lines are decoded one by one, since nothing tells their bytes in a text.
  #singlyUntil = 0;
  #nextCr = Infinity;
  #isByteEach = true;
  #runBytes = 0;

  /** Makes a taker of lines; the queue may be read in other ways too. */
  constructor(bytes: ByteQueue) {
    this.#bytes = bytes;
  }

  /** Takes a line whose end is there; `null` where no end is. */
  take(): string | null {
    const bytes = this.#bytes;
    if (bytes.position !== this.#position) {
      this.#text = "";
      this.#at = this.#singlyUntil = 0;
      this.#runBytes = 0;
    }
    if (this.#at === this.#text.length && !this.#decodeRun()) {
      const line = bytes.takeLine();
      this.#position = bytes.position;
      return line === null ? null : decoder.decode(line);
    }
    const text = this.#text;
    const from = this.#at;
    const end = text.indexOf("\n", from);
    this.#at = end + 1;
    let to = end;
    if (this.#nextCr < end) {
      // One inside the line may stand in the middle of a character: it goes before decoding.
      const isInside = this.#nextCr < end - 1;
      this.#nextCr = indexOrInfinity(text.indexOf("\r", end + 1));
      if (isInside) {
        const line = decoder.decode(bytes.takeLine()!);
        this.#position = bytes.position;
        return line;
      }
      to = end - 1;
    }
    const size = end + 1 - from;
    bytes.skip(this.#isByteEach ? size : utf8Length(text, from, end + 1));
    this.#position = bytes.position;
    return text.slice(from, to);
  }

  /**
   * Takes what is there of a line whose end has not come.
   *
   * @param isLast Whether nothing more will come. Until then a character that is cut waits for its
   *   rest, so that none is ever lost.
   */
  takePartial(isLast: boolean): string {
    const cut = isLast ? 0 : cutCharacterLength(this.#bytes.view());
    return decoder.decode(this.#bytes.takePartialLine(cut));
  }

  /** Decodes the lines that are there, as far as a run goes; says whether there is a text of them. */
  #decodeRun(): boolean {
    this.#text = "";
    this.#at = 0;
    const bytes = this.#bytes;
    if (bytes.position < this.#singlyUntil) return false;
    const run = bytes.viewLines(this.#runBytes);
    if (run === null) return false;
    this.#runBytes = Math.min(Math.max(SECOND_RUN, 2 * this.#runBytes), LARGEST_RUN);
    const text = decoder.decode(run);
    // No byte gives more than one code unit, so as many of them as bytes are one of each.
    this.#isByteEach = text.length === run.length;
    if (!this.#isByteEach && text.includes("\ufffd")) {
      // It stands for one to three bytes that are no UTF-8.
      this.#singlyUntil = bytes.position + run.length;
      return false;
    }
    this.#text = text;
    this.#nextCr = indexOrInfinity(text.indexOf("\r"));
    return true;
  }
}

function indexOrInfinity(index: number): number {
  return index < 0 ? Infinity : index;
}

/** How many bytes a part of a text has that was valid UTF-8 (RFC 3629 §3). */
function utf8Length(text: string, from: number, to: number): number {
  let length = to - from;
  for (let at = from; at < to; at++) {
    const unit = text.charCodeAt(at);
    if (unit < 0x80) continue;
    // A surrogate is half of a character of four bytes.
    length += unit < 0x800 || (unit >= 0xd800 && unit < 0xe000) ? 1 : 2;
  }
  return length;
}
