/**
 * Memory to read into and to write from, lent to the connections that are busy just now: an idle one
 * holds none of it.
 *
 * @module
 */

/** Bytes of a lent room. */
export const ROOM_BYTES = 64 * 1024;

/** Some memory, and a view of it for whole words. */
export interface Room {
  /** The memory. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** The same memory. */
  readonly view: DataView;
}

// Sizes that are lent, and how many of each are kept for the next who asks; more at once is a flood. A
// masked payload of 1 MiB leaves in one write with its head, not in five: a few percent of an echo.
const SIZES = [
  { bytes: ROOM_BYTES, most: 32, spare: [] as Room[] },
  { bytes: 256 * 1024, most: 4, spare: [] as Room[] },
  { bytes: 1024 * 1024 + 4096, most: 2, spare: [] as Room[] },
];

/** Makes a room that is not lent. */
export function makeRoom(size: number): Room {
  const bytes = new Uint8Array(size);
  return { bytes, view: new DataView(bytes.buffer) };
}

/** Lends a room of {@linkcode ROOM_BYTES}. */
export function lendRoom(): Room {
  return SIZES[0].spare.pop() ?? makeRoom(ROOM_BYTES);
}

/** Lends the smallest room that holds so many bytes, the largest there is where none does. */
export function lendLargeRoom(least: number): Room {
  const size = SIZES.find(({ bytes }) => bytes >= least) ?? SIZES[SIZES.length - 1];
  return size.spare.pop() ?? makeRoom(size.bytes);
}

/** Takes a lent room back; nobody may use it any more. */
export function returnRoom(room: Room): void {
  const size = SIZES.find(({ bytes }) => bytes === room.bytes.length);
  if (size !== undefined && size.spare.length < size.most) size.spare.push(room);
}
