type Bytes = Uint8Array<ArrayBuffer>;

const FIRST_BYTES = 4 * 1024;
const LARGEST_BYTES = 64 * 1024;

/**
 * Where the pieces of a body are read into that its reader keeps: each has memory of its own, which
 * shares its buffer with nothing. A body that trickles gets small ones: what would be mostly empty is
 * copied, and its room used again.
 */
export class PieceRoom {
  #room: Bytes = new Uint8Array(0);
  #next = FIRST_BYTES;

  /** Room for the next piece, at most so many bytes unless there is more already. */
  room(most: number): Bytes {
    const size = Math.min(most, this.#next);
    if (this.#room.length < size) this.#room = new Uint8Array(size);
    return this.#room;
  }

  /** The piece that was read into the last room. */
  take(count: number): Bytes {
    const room = this.#room;
    if (count < room.length >> 1) return room.slice(0, count);
    this.#room = new Uint8Array(0);
    if (this.#next < LARGEST_BYTES) this.#next *= 2;
    return count === room.length ? room : room.subarray(0, count);
  }
}
