import { concat } from "../bytes/concat.ts";
import { fill } from "../bytes/fill.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** What keeping a piece costs beside its bytes, so that many tiny ones are counted too. */
const PIECE_COST = 64;
/** Taken pieces that still stand in the list of those that are here. */
const MOST_TAKEN = 16;

/** Pieces of a body that came and were not taken yet, in order, with a count of what they hold. */
export class HeldPieces {
  readonly #most: number;
  // Most bodies come in one piece: it needs no list, whose first entry takes memory for seventeen.
  #front: Bytes | null = null;
  #behind: Bytes[] | null = null;
  #taken = 0;
  #size = 0;

  /** @param most Bytes, the cost of keeping them included, from which on it is full. */
  constructor(most: number) {
    this.#most = most;
  }

  /** Whether nothing lies here. */
  get isEmpty(): boolean {
    return this.#front === null;
  }

  /** Whether so much lies here that no more should come. */
  get isFull(): boolean {
    return this.#size >= this.#most;
  }

  /** Puts a piece behind all others. */
  push(piece: Bytes): void {
    this.#size += piece.length + PIECE_COST;
    if (this.#front === null) this.#front = piece;
    else (this.#behind ??= []).push(piece);
  }

  /** Takes the first piece, which must be here. */
  take(): Bytes {
    const piece = this.#front!;
    this.#size -= piece.length + PIECE_COST;
    this.#front = this.#next();
    return piece;
  }

  /** Takes as much of the first piece, which must be here, as goes into `into`; tells how much. */
  takeInto(into: Bytes): number {
    const piece = this.#front!;
    const count = fill(into, piece);
    if (count === piece.length) {
      this.take();
    } else {
      this.#front = piece.subarray(count);
      this.#size -= count;
    }
    return count;
  }

  /** Takes all, end to end. */
  takeWhole(): Bytes {
    const front = this.#front;
    const behind = this.#behind;
    const taken = this.#taken;
    this.drop();
    if (front === null) return new Uint8Array(0);
    return behind === null ? front : concat([front, ...behind.slice(taken)]);
  }

  /** Drops all. */
  drop(): void {
    this.#front = this.#behind = null;
    this.#taken = this.#size = 0;
  }

  #next(): Bytes | null {
    const behind = this.#behind;
    if (behind === null) return null;
    const piece = behind[this.#taken++];
    // A reader that never quite catches up must not hold what it has taken.
    if (this.#taken === behind.length) {
      this.#behind = null;
      this.#taken = 0;
    } else if (this.#taken === MOST_TAKEN) {
      behind.splice(0, MOST_TAKEN);
      this.#taken = 0;
    }
    return piece;
  }
}
