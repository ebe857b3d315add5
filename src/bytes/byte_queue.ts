/**
 * What a socket has received and nobody has taken yet.
 *
 * One buffer, read into in place and taken from the front: exact, a line, any, all. A search for a
 * line's end remembers how far it has looked, so that bytes are looked at once however they arrive.
 * The room that {@linkcode ByteQueue.room} gave stays where it is until it is committed, so a read
 * that outlives its caller's patience still banks its bytes here.
 *
 * @module
 */

const LF = 10;
const CR = 13;

/** Free room below this many bytes is made larger before the next read. */
const LEAST_ROOM = 4096;
/** A buffer that grew beyond this for one large take is let go when it is empty. */
const LARGEST_KEPT = 256 * 1024;

const EMPTY = new Uint8Array(0);

/** Bytes in at the back, out at the front. */
export class ByteQueue {
  #buffer: Uint8Array<ArrayBuffer> = EMPTY;
  #start = 0;
  #end = 0;
  // How many bytes were taken before those that #start counts.
  #takenBefore = 0;
  // Absolute position up to which no LF has been found.
  #searched = 0;
  readonly #firstRoom: number;

  /** Makes an empty queue; its buffer is made at the first read. */
  constructor(firstRoom = 64 * 1024) {
    this.#firstRoom = firstRoom;
  }

  /** How many bytes are there. */
  get size(): number {
    return this.#end - this.#start;
  }

  /** How many bytes have been taken since the queue was made. */
  get position(): number {
    return this.#takenBefore + this.#start;
  }

  /** The bytes themselves, valid until the next call that changes the queue. */
  view(): Uint8Array<ArrayBuffer> {
    return this.#buffer.subarray(this.#start, this.#end);
  }

  /**
   * Free room behind the bytes, to read into; {@linkcode ByteQueue.commit} what was filled.
   *
   * @param least How many bytes of room are wanted at least.
   */
  room(least = LEAST_ROOM): Uint8Array<ArrayBuffer> {
    const size = this.size;
    if (size === 0) {
      this.#takenBefore += this.#start;
      this.#start = this.#end = this.#searched = 0;
      if (this.#buffer.length > LARGEST_KEPT) this.#buffer = EMPTY;
    }
    if (this.#buffer.length - this.#end < least) {
      const wanted = size + least;
      if (wanted <= this.#buffer.length && this.#start >= this.#buffer.length >> 1) {
        this.#buffer.copyWithin(0, this.#start, this.#end);
      } else {
        // Doubling keeps the copies of a take that grows without end linear in its size.
        const grown = new Uint8Array(Math.max(wanted, 2 * size, this.#firstRoom));
        grown.set(this.view());
        this.#buffer = grown;
      }
      this.#searched = Math.max(0, this.#searched - this.#start);
      this.#takenBefore += this.#start;
      this.#start = 0;
      this.#end = size;
    }
    return this.#buffer.subarray(this.#end);
  }

  /** Counts `count` bytes of the last {@linkcode ByteQueue.room} as received. */
  commit(count: number): void {
    this.#end += count;
  }

  /** Appends a copy of some bytes. */
  push(bytes: Uint8Array): void {
    this.room(bytes.length).set(bytes);
    this.commit(bytes.length);
  }

  /** Drops bytes from the front. */
  skip(count: number): void {
    this.#start += count;
  }

  /** Takes exactly `count` bytes, which must be there, into an array of their own. */
  take(count: number): Uint8Array<ArrayBuffer> {
    if (count === 0) return new Uint8Array(0);
    const bytes = this.#buffer.slice(this.#start, this.#start + count);
    this.#start += count;
    return bytes;
  }

  /** Takes everything. */
  takeAll(): Uint8Array<ArrayBuffer> {
    return this.take(this.size);
  }

  /**
   * Takes a line whose end is there, without its LF and without any CR; `null` where no end is.
   */
  takeLine(): Uint8Array<ArrayBuffer> | null {
    const end = this.#findLineEnd();
    if (end < 0) return null;
    const line = withoutCarriageReturns(this.#buffer.slice(this.#start, end));
    this.#start = this.#searched = end + 1;
    return line;
  }

  /**
   * The lines at the front whose ends are there, as they are; valid as {@linkcode ByteQueue.view} is.
   *
   * @param most How many bytes of them at most; the first line is there even where it is longer.
   * @returns `null` where no end is there.
   */
  viewLines(most: number): Uint8Array<ArrayBuffer> | null {
    const end = this.#findLineEnd();
    if (end < 0) return null;
    const to = Math.min(this.#start + most, this.#end);
    if (to <= end + 1) return this.#buffer.subarray(this.#start, end + 1);
    const lines = this.#buffer.subarray(this.#start, to);
    return lines.subarray(0, lines.lastIndexOf(LF) + 1);
  }

  /**
   * Takes what is there of a line whose end has not come, without any CR.
   *
   * @param keep How many bytes at the end to leave for the next one.
   */
  takePartialLine(keep = 0): Uint8Array<ArrayBuffer> {
    return withoutCarriageReturns(this.take(this.size - keep));
  }

  /** Where the first LF is; -1 where none is, and what was looked at is not looked at again. */
  #findLineEnd(): number {
    const from = Math.max(this.#searched, this.#start);
    const at = this.#buffer.subarray(from, this.#end).indexOf(LF);
    this.#searched = at < 0 ? this.#end : from + at;
    return at < 0 ? -1 : from + at;
  }
}

/** Drops every CR, as the seed's line pattern does; works on the array that it is given. */
function withoutCarriageReturns(line: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  let to = line.indexOf(CR);
  if (to < 0) return line;
  for (let from = to; from < line.length; from++) {
    if (line[from] !== CR) line[to++] = line[from];
  }
  return line.subarray(0, to);
}
