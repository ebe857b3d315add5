import { lendRoom, makeRoom, returnRoom, type Room } from "./room.ts";

// An idle connection holds this much: room for its next read.
const SMALL_BYTES = 1024;

// A cut frame head or control frame is all that is ever carried over, and leaves at least this much.
const LEAST_ROOM = 512;

/** What was received and not used: a small room of one's own, a large one while much comes. */
export class ReadRoom {
  /** What holds the bytes. */
  bytes: Uint8Array<ArrayBuffer>;
  /** The same. */
  view: DataView;
  /** Where the unused bytes start. */
  start = 0;
  /** Where they end. */
  end = 0;
  readonly #small: Room = makeRoom(SMALL_BYTES);
  #room: Room = this.#small;
  #isLarge = false;
  #wantsLarge = false;

  constructor() {
    ({ bytes: this.bytes, view: this.view } = this.#room);
  }

  /** How many bytes are not used. */
  get size(): number {
    return this.end - this.start;
  }

  /** Room behind the unused bytes. */
  room(): Uint8Array<ArrayBuffer> {
    const { size } = this;
    if (this.#wantsLarge !== this.#isLarge && size <= SMALL_BYTES - LEAST_ROOM) this.#change();
    if (size === 0) this.start = this.end = 0;
    if (this.bytes.length - this.end < LEAST_ROOM) this.#makeSpace(LEAST_ROOM);
    return this.bytes.subarray(this.end);
  }

  /** Counts bytes of the last room as received. */
  commit(count: number): void {
    // What fills its room has more behind it. What does not may be the last for long, and a read that
    // waits must not hold a large room.
    this.#wantsLarge = count === this.bytes.length - this.end;
    this.end += count;
  }

  /** Takes a copy of bytes. */
  push(bytes: Uint8Array): void {
    if (this.size === 0) this.start = this.end = 0;
    if (this.bytes.length - this.end < bytes.length) this.#makeSpace(bytes.length);
    this.bytes.set(bytes, this.end);
    this.end += bytes.length;
  }

  /** Forgets everything. Lent memory is not lent again: somebody may still be reading into it. */
  drop(): void {
    this.start = this.end = 0;
    this.#wantsLarge = this.#isLarge = false;
    this.#room = this.#small;
    ({ bytes: this.bytes, view: this.view } = this.#room);
  }

  #change(): void {
    this.#isLarge = this.#wantsLarge;
    this.#moveTo(this.#isLarge ? lendRoom() : this.#small);
  }

  #makeSpace(least: number): void {
    const wanted = this.size + least;
    if (wanted <= this.bytes.length) {
      this.bytes.copyWithin(0, this.start, this.end);
      this.end -= this.start;
      this.start = 0;
      return;
    }
    // More than fits was pushed at once: memory of its own until it is used.
    this.#moveTo(makeRoom(Math.max(wanted, 2 * this.size)));
    this.#isLarge = this.#wantsLarge = true;
  }

  #moveTo(room: Room): void {
    room.bytes.set(this.bytes.subarray(this.start, this.end));
    this.end -= this.start;
    this.start = 0;
    const left = this.#room;
    this.#room = room;
    ({ bytes: this.bytes, view: this.view } = room);
    if (left !== this.#small) returnRoom(left);
  }
}
