/**
 * Memory to read into and to write from, lent to the connections that are busy just now: an idle one
 * holds none of it.
 *
 * @module
 */

/** Bytes of a lent room. */
export const ROOM_BYTES = 64 * 1024;

// Rooms kept for the next who asks; more than this many at once is a flood.
const MOST_SPARE = 32;

/** Some memory, and a view of it for whole words. */
export interface Room {
  /** The memory. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** The same memory. */
  readonly view: DataView;
}

// A large payload is masked and leaves in pieces of this size.
const LARGE_ROOM_BYTES = 256 * 1024;
const MOST_SPARE_LARGE = 4;

const spare: Room[] = [];
const spareLarge: Room[] = [];

/** Makes a room that is not lent. */
export function makeRoom(size: number): Room {
  const bytes = new Uint8Array(size);
  return { bytes, view: new DataView(bytes.buffer) };
}

/** Lends a room of {@linkcode ROOM_BYTES}. */
export function lendRoom(): Room {
  return spare.pop() ?? makeRoom(ROOM_BYTES);
}

/** Lends a room for a piece of a large payload. */
export function lendLargeRoom(): Room {
  return spareLarge.pop() ?? makeRoom(LARGE_ROOM_BYTES);
}

/** Takes a lent room back; nobody may use it any more. */
export function returnRoom(room: Room): void {
  if (room.bytes.length === ROOM_BYTES) {
    if (spare.length < MOST_SPARE) spare.push(room);
  } else if (room.bytes.length === LARGE_ROOM_BYTES && spareLarge.length < MOST_SPARE_LARGE) {
    spareLarge.push(room);
  }
}
