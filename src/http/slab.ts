/**
 * Where a connection reads into.
 *
 * Heads and small bodies are handed on as views of what was read, so memory that has been read into
 * is not used again; many small reads share one slab, which costs less than an array for each. The
 * slabs of a connection that fills them grow, and those of one that does not shrink, so that an idle
 * one stays small.
 *
 * @module
 */

const FIRST_BYTES = 4 * 1024;
const LARGEST_BYTES = 64 * 1024;
const LEAST_ROOM = 1024;

/** Room to read into, never the same bytes twice. */
export class Slab {
  #bytes: Uint8Array<ArrayBuffer> = new Uint8Array(0);
  #at = 0;
  #next = FIRST_BYTES;
  // Of the reads into this slab.
  #largest = 0;

  /** Room for the next read. */
  room(): Uint8Array<ArrayBuffer> {
    const left = this.#bytes.length - this.#at;
    // An answer that is cut by the end of a slab costs a read more.
    if (left < LEAST_ROOM || left < this.#largest) {
      const size = this.#bytes.length;
      if (this.#largest < size >> 3) this.#next = Math.max(FIRST_BYTES, size >> 1);
      this.#bytes = new Uint8Array(this.#next);
      this.#at = this.#largest = 0;
    }
    return this.#bytes.subarray(this.#at);
  }

  /** What was read into the last room. */
  take(count: number): Uint8Array<ArrayBuffer> {
    const start = this.#at;
    this.#at += count;
    if (count > this.#largest) this.#largest = count;
    // Half of it used by one read: more is coming than this was made for.
    if (count > this.#bytes.length >> 1) {
      this.#next = Math.min(2 * this.#bytes.length, LARGEST_BYTES);
    }
    return this.#bytes.subarray(start, this.#at);
  }
}
