import { fill } from "../bytes/fill.ts";
import type { Pieces } from "./decoder.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** Reads pieces into memory of the reader's own, whether or not they know how to come there by themselves. */
export class IntoReader {
  readonly #pieces: Pieces;
  // What there was no room for.
  #left: Bytes | null = null;

  constructor(pieces: Pieces) {
    this.#pieces = pieces;
  }

  /** Waits for the next piece; `null` at the end. */
  read(): Promise<Bytes | null> {
    const left = this.#left;
    this.#left = null;
    return left === null ? this.#pieces.read() : Promise.resolve(left);
  }

  /** Waits for bytes, puts them at the front and tells how many; `null` at the end. */
  readInto(into: Bytes): Promise<number | null> {
    return this.#pieces.readInto?.(into) ?? this.#copyInto(into);
  }

  async #copyInto(into: Bytes): Promise<number | null> {
    const piece = await this.read();
    if (piece === null) return null;
    const count = fill(into, piece);
    if (count < piece.length) this.#left = piece.subarray(count);
    return count;
  }
}
