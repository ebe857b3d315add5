/**
 * The ways to take from what a socket has received: what is enough, what that gives, and what is
 * given where the rest will not come.
 *
 * @module
 */

import { Boundary, type BoundarySearch } from "../bytes/boundary.ts";
import type { ByteQueue } from "../bytes/byte_queue.ts";
import type { TextLines } from "../bytes/text_lines.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** What has been received. */
export interface Received {
  /** The bytes that nobody has taken. */
  readonly bytes: ByteQueue;
  /** The lines of the same bytes as text. */
  readonly lines: TextLines;
  /** Whether the peer has ended. */
  readonly hasEnded: boolean;
  /** Whether nothing more will come, for whatever reason. */
  readonly isOver: boolean;
}

/** One way to take. */
export interface Take<T> {
  /** How many bytes it is known to need; 0 where that is not known. */
  readonly want: number;
  /** Takes what was asked for, where it is all there; `null` where more is needed. */
  take(from: Received): T | null;
  /** Takes what there is of it. */
  takePartial(from: Received): Bytes | string;
}

function takeAll({ bytes }: Received): Bytes {
  return bytes.takeAll();
}

/** Everything up to the peer's end, which is its good end. */
export const EVERYTHING: Take<Bytes> = {
  want: 0,
  take: (from) => from.hasEnded ? from.bytes.takeAll() : null,
  takePartial: takeAll,
};

/** A line as bytes. */
export const LINE_BYTES: Take<Bytes> = {
  want: 0,
  take: (from) => from.bytes.takeLine(),
  takePartial: (from) => from.bytes.takePartialLine(),
};

/** A line as text. */
export const LINE: Take<string> = {
  want: 0,
  take: (from) => from.lines.take(),
  takePartial: (from) => from.lines.takePartial(from.isOver),
};

/** Exactly so many bytes. */
export function exactly(size: number): Take<Bytes> {
  return {
    want: size,
    take: ({ bytes }) => bytes.size >= size ? bytes.take(size) : null,
    takePartial: takeAll,
  };
}

/** A look at exactly so many bytes, which stay. */
export function look(size: number): Take<Bytes> {
  return {
    want: size,
    take: ({ bytes }) => bytes.size >= size ? bytes.view().slice(0, size) : null,
    takePartial: ({ bytes }) => bytes.view().slice(),
  };
}

/**
 * A frame behind its length. Taken whole or not at all, in one step: nobody can read in between.
 *
 * @param lengthBytes How many bytes hold the length.
 * @param lengthOf Reads the length of what follows from them; throws where it is too much.
 */
export function frame(lengthBytes: number, lengthOf: (head: DataView) => number): Take<Bytes> {
  let want = lengthBytes;
  return {
    get want() {
      return want;
    },
    take: ({ bytes }) => {
      if (bytes.size < lengthBytes) return null;
      const head = bytes.view();
      want = lengthBytes + lengthOf(new DataView(head.buffer, head.byteOffset, lengthBytes));
      if (bytes.size < want) return null;
      bytes.skip(lengthBytes);
      return bytes.take(want - lengthBytes);
    },
    takePartial: ({ bytes }) => bytes.view().slice(),
  };
}

/** What there is, at least one byte. */
export function upTo(max: number): Take<Bytes> {
  return {
    want: 0,
    take: ({ bytes }) => bytes.size > 0 ? bytes.take(Math.min(max, bytes.size)) : null,
    takePartial: takeAll,
  };
}

/** A pattern that is looked for again and again, piece by piece or whole. */
export class Until {
  /** Whether the last piece was the last: the next call says so and starts over. */
  isAtEnd = false;
  readonly #boundary: Boundary;
  readonly #length: number;
  readonly #isInclusive: boolean;

  constructor(pattern: Uint8Array, isInclusive: boolean) {
    this.#boundary = new Boundary(pattern);
    this.#length = pattern.length;
    this.#isInclusive = isInclusive;
  }

  /** The next piece, or all up to the pattern where no size is given. */
  piece(size: number | undefined): Take<Bytes> {
    const search = this.#boundary.search(size);
    return {
      want: 0,
      take: ({ bytes }) => {
        if (!search.advance(bytes.view())) return null;
        if (!search.isFound) return bytes.take(search.given);
        this.isAtEnd = size !== undefined;
        return this.#takeFound(bytes, search);
      },
      // After the end the held bytes are nobody's start any more; until then they wait for theirs.
      takePartial: ({ bytes, isOver }) => bytes.take(isOver ? bytes.size : search.given),
    };
  }

  #takeFound(bytes: ByteQueue, search: BoundarySearch): Bytes {
    if (this.#isInclusive) return bytes.take(search.given + this.#length);
    const before = bytes.take(search.given);
    bytes.skip(this.#length);
    return before;
  }
}
