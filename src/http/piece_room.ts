import { noteDropped } from "../bytes/collector.ts";

type Bytes = Uint8Array<ArrayBuffer>;

const FIRST_BYTES = 4 * 1024;
/** Into twice as much comes hardly more with one read, and it no longer stays in a core's cache. */
const LARGEST_BYTES = 64 * 1024;

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
    noteDropped(room.length);
    return count === room.length ? room : room.subarray(0, count);
  }
}
