/** Chance that comes out the same in every run. @module */

/** A source of seeded numbers. */
export class Random {
  #state: number;

  /** Starts a sequence; equal seeds give equal ones. */
  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** A whole number from 0 up, below `end` (mulberry32). */
  below(end: number): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let t = this.#state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return Math.floor(((t ^ (t >>> 14)) >>> 0) / 2 ** 32 * end);
  }

  /** One of a list. */
  of<T>(choices: ArrayLike<T>): T {
    return choices[this.below(choices.length)];
  }

  /** A text of a length, each character one of `alphabet`. */
  text(alphabet: string, length: number): string {
    let text = "";
    while (text.length < length) text += this.of(alphabet);
    return text;
  }

  /** A text in pieces of 1 to `longest` characters. */
  split(whole: string, longest: number): string[] {
    const pieces: string[] = [];
    for (let at = 0; at < whole.length;) {
      const length = 1 + this.below(longest);
      pieces.push(whole.slice(at, at + length));
      at += length;
    }
    return pieces;
  }
}
