import { LimitError } from "../../errors.ts";

const LF = 10;
const EMPTY = new Uint8Array(0);

/** The bytes that a reader has been given and has not used; parsed in place. */
export class Input {
  /** What is there; used up to `at`. */
  bytes: Uint8Array<ArrayBuffer> = EMPTY;
  /** Where to read on. */
  at = 0;
  /** Whether nothing more will come. */
  hasEnded = false;
  #searched = 0;

  /** Whether everything given has been used. */
  get isEmpty(): boolean {
    return this.at === this.bytes.length;
  }

  /** Adds bytes behind those that are there. */
  push(more: Uint8Array<ArrayBuffer>): void {
    if (this.at === this.bytes.length) {
      this.bytes = more;
      this.at = this.#searched = 0;
      return;
    }
    const old = this.bytes;
    const left = old.length - this.at;
    this.#searched = Math.max(0, this.#searched - this.at);
    const start = old.byteOffset + this.at;
    if (old.buffer === more.buffer && old.byteOffset + old.length === more.byteOffset) {
      // Both lie end to end in one buffer: nothing needs moving.
      this.bytes = new Uint8Array(old.buffer, start, left + more.length);
    } else {
      const joined = new Uint8Array(left + more.length);
      joined.set(old.subarray(this.at));
      joined.set(more, left);
      this.bytes = joined;
    }
    this.at = 0;
  }

  /** Takes what is there, at most `max` bytes; `null` where nothing is. */
  takeUpTo(max: number): Uint8Array<ArrayBuffer> | null {
    const there = this.bytes.length - this.at;
    if (there === 0) return null;
    const start = this.at;
    this.at += there < max ? there : max;
    return start === 0 && this.at === this.bytes.length
      ? this.bytes
      : this.bytes.subarray(start, this.at);
  }

  /**
   * Whether a whole line is there; a byte is looked at once, however the bytes arrive.
   *
   * @throws {LimitError} Where the line is, or is bound to be, longer than its limit.
   */
  hasLine(limit: number, name: string): boolean {
    const from = Math.max(this.#searched, this.at);
    const end = this.bytes.indexOf(LF, from);
    this.#searched = end < 0 ? this.bytes.length : end;
    const length = (end < 0 ? this.bytes.length : end + 1) - this.at;
    if (length > limit) {
      throw new LimitError(`Cannot read the line: it is longer than ${limit} bytes`, {
        limit: name,
      });
    }
    return end >= 0;
  }
}
