/**
 * The matcher under `receiveUntil`, by the reference's exact rule (SEMANTICS.md, receiveUntil).
 *
 * It looks at bytes and says how many may be given out; it owns none. Bytes that match the start of
 * the pattern are held back simply by not being given out: whoever reads next finds them, and a
 * later search that starts over at them comes to the same state, since they are the pattern's own.
 *
 * @module
 */

/** A pattern, with what is needed to go on after a mismatch. */
export class Boundary {
  /** The bytes to look for. */
  readonly pattern: Uint8Array;
  // borders[s]: the longest proper border of the pattern's first s bytes (Knuth, Morris, Pratt).
  readonly #borders: Int32Array;

  /**
   * @param pattern The bytes to look for, at least one.
   * @throws {RangeError} Where the pattern is empty.
   */
  constructor(pattern: Uint8Array) {
    if (pattern.length === 0) throw new RangeError("Cannot look for an empty pattern");
    this.pattern = pattern;
    const borders = this.#borders = new Int32Array(pattern.length + 1);
    borders[0] = -1;
    for (let s = 1, border = 0; s < pattern.length; s++) {
      borders[s] = border;
      while (border >= 0 && pattern[s] !== pattern[border]) border = borders[border];
      border++;
      borders[s + 1] = border;
    }
  }

  /** A search that starts here and goes on as bytes come. */
  search(limit = Infinity): BoundarySearch {
    return new BoundarySearch(this.pattern, this.#borders, limit);
  }
}

/** One search; fed the same growing bytes until it is done. */
export class BoundarySearch {
  /** How many bytes from the front may be given out so far. */
  given = 0;
  /** Whether the pattern was found; it stands behind the given bytes. */
  isFound = false;
  #held = 0;
  readonly #pattern: Uint8Array;
  readonly #borders: Int32Array;
  readonly #limit: number;

  /** @internal */
  constructor(pattern: Uint8Array, borders: Int32Array, limit: number) {
    this.#pattern = pattern;
    this.#borders = borders;
    this.#limit = limit;
  }

  /**
   * Looks at the bytes that were not there at the last call.
   *
   * @param bytes All bytes since the search began, those given out and held included.
   * @returns Whether the search is over: found, or the limit is used up.
   */
  advance(bytes: Uint8Array): boolean {
    const pattern = this.#pattern;
    const borders = this.#borders;
    let held = this.#held;
    let given = this.given;
    let at = given + held;
    while (at < bytes.length) {
      const byte = bytes[at];
      if (byte === pattern[held]) {
        at++;
        if (++held === pattern.length) {
          this.isFound = true;
          break;
        }
        continue;
      }
      if (held === 0) {
        // Nothing held: everything up to the next first byte, or to the limit, may go.
        const next = bytes.indexOf(pattern[0], at);
        const to = next < 0 ? bytes.length : next;
        at = given = Math.min(to, this.#limit);
        if (given >= this.#limit) break;
        continue;
      }
      let border = borders[held];
      while (border >= 0 && pattern[border] !== byte) border = borders[border];
      if (border < 0) {
        // No border: all held bytes go, and where that fills the limit the byte is not looked at.
        given += held;
        held = 0;
      } else {
        given += held - border;
        held = border + 1;
        at++;
      }
      if (given >= this.#limit) break;
    }
    this.#held = held;
    this.given = given;
    return this.isFound || given >= this.#limit;
  }
}
