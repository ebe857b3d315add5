/**
 * Where a connection reads into.
 *
 * Heads and small bodies are handed on as views of what was read, so memory that has been read into
 * is not used again; many small reads share one slab, which costs less than an array for each. The
 * slabs of a connection that fills them grow, so that an idle one stays small.
 *
 * @module
 */

const FIRST_BYTES = 8 * 1024;
const LARGEST_BYTES = 256 * 1024;
const LEAST_ROOM = 2 * 1024;
/** Bytes of slabs after which the engine is made to look for those that were dropped. */
const COLLECT_EVERY = 4 * 1024 * 1024;
/** Larger than what a young generation may hold, and than what any allocator takes off its heap. */
const NUDGE_BYTES = 64 * 1024 * 1024;

let sinceNudge = 0;

/** Room to read into, never the same bytes twice. */
export class Slab {
  #bytes: Uint8Array<ArrayBuffer> = new Uint8Array(0);
  #at = 0;
  #next = FIRST_BYTES;

  /** Room for the next read. */
  room(): Uint8Array<ArrayBuffer> {
    if (this.#bytes.length - this.#at < LEAST_ROOM) {
      this.#bytes = new Uint8Array(this.#next);
      sinceNudge += this.#next;
      if (sinceNudge >= COLLECT_EVERY) nudgeCollector();
      this.#at = 0;
    }
    return this.#bytes.subarray(this.#at);
  }

  /** What was read into the last room. */
  take(count: number): Uint8Array<ArrayBuffer> {
    const start = this.#at;
    this.#at += count;
    // Half of the room used by one read: more is coming than this was made for.
    if (count > (this.#bytes.length - start) >> 1 && this.#next < LARGEST_BYTES) this.#next *= 2;
    return this.#bytes.subarray(start, this.#at);
  }
}

/**
 * V8 collects dropped slabs when 64 MiB of them are there, and as much comes until it is done: a
 * download at full speed held 150 to 350 MiB, and 95 to 120 with this. An allocation too large for
 * the young generation makes V8 look through that at once, in a tenth of a millisecond. Nobody
 * touches it, so that the system gives it addresses and no memory.
 */
function nudgeCollector(): void {
  sinceNudge = 0;
  try {
    new ArrayBuffer(NUDGE_BYTES);
  } catch {
    // Where even addresses are scarce, V8 collects often enough.
  }
}
