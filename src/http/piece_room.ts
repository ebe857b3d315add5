type Bytes = Uint8Array<ArrayBuffer>;

const FIRST_BYTES = 4 * 1024;
/** Into twice as much comes hardly more with one read, and it no longer stays in a core's cache. */
const LARGEST_BYTES = 64 * 1024;
/** Bytes of pieces after which the engine is made to look for those that were dropped. */
const COLLECT_EVERY = 32 * 1024 * 1024;
/** More than V8 lets young buffers come to, and than any allocator takes off its heap. */
const NUDGE_BYTES = 33 * 1024 * 1024;

let sinceNudge = 0;

/**
 * Where the pieces of a body are read into that its reader keeps: each has memory of its own, which
 * shares its buffer with nothing. A body that trickles gets small ones: what would be mostly empty is
 * copied, and its room used again.
 */
export class PieceRoom {
  #room: Bytes | null = null;
  #next = FIRST_BYTES;

  /** Room for the next piece. */
  room(): Bytes {
    return this.#room ??= new Uint8Array(this.#next);
  }

  /** The piece that was read into the last room. */
  take(count: number): Bytes {
    const room = this.#room!;
    if (count < room.length >> 1) return room.slice(0, count);
    this.#room = null;
    if (this.#next < LARGEST_BYTES) this.#next *= 2;
    sinceNudge += room.length;
    if (sinceNudge >= COLLECT_EVERY) nudgeCollector();
    return count === room.length ? room : room.subarray(0, count);
  }
}

/**
 * V8 collects dropped pieces when 64 MiB of them are there, and as much comes until it is done: a
 * download at full speed held 150 to 190 MiB, and 140 to 150 with this. An allocation too large for the
 * young generation makes V8 look through that at once. Each costs some page faults and a marking, so
 * that to nudge after every 4 MiB halved the speed. Nobody touches it: the system gives it addresses
 * and no memory.
 */
function nudgeCollector(): void {
  sinceNudge = 0;
  try {
    new ArrayBuffer(NUDGE_BYTES);
  } catch {
    // Where even addresses are scarce, V8 collects often enough.
  }
}
