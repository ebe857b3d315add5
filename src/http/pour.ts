import type { Pieces } from "./decoder.ts";
import { IntoReader } from "./into_reader.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/**
 * The platform reads 64 KiB at once, and a write of 256 KiB costs half of four such. By way of this
 * 256 MiB were in a file in memory after 275 ms, and after 500 where each piece was written before the
 * next was read.
 */
const MOST_BYTES = 512 * 1024;
const LEAST_BYTES = 4 * 1024;

/**
 * Carries a body to where it is written: what has come is written while more comes, by way of one
 * buffer that is used in the round. Where reading fails, what had come is written first.
 *
 * @param pieces The body; it is given up where this fails.
 * @param expected How many bytes there are, as far as anybody knows: the buffer need not be larger.
 * @param write Writes bytes, which are its own until it is done. Its failure ends it all.
 */
export function pour(
  pieces: Pieces,
  expected: number,
  write: (bytes: Bytes) => Promise<void>,
): Promise<void> {
  const size = Math.max(LEAST_BYTES, Math.min(expected, MOST_BYTES));
  return new Pouring(pieces, new Uint8Array(size), write).run();
}

class Pouring {
  readonly #pieces: Pieces;
  readonly #write: (bytes: Bytes) => Promise<void>;
  readonly #ring: Bytes;
  // Bytes so far; what lies between the two is in the ring.
  #read = 0;
  #written = 0;
  #hasEnded = false;
  #wake: (() => void) | null = null;

  constructor(pieces: Pieces, ring: Bytes, write: (bytes: Bytes) => Promise<void>) {
    this.#pieces = pieces;
    this.#ring = ring;
    this.#write = write;
  }

  async run(): Promise<void> {
    // What the sink says goes first: where it takes no more, no other connection makes it good.
    const [reading, writing] = await Promise.allSettled([this.#readAll(), this.#writeAll()]);
    if (writing.status === "rejected") throw writing.reason;
    if (reading.status === "rejected") throw reading.reason;
  }

  async #readAll(): Promise<void> {
    const reader = new IntoReader(this.#pieces);
    try {
      while (!this.#hasEnded) {
        const { length } = this.#ring;
        const at = this.#read % length;
        const room = Math.min(length - at, length - (this.#read - this.#written));
        if (room === 0) {
          await this.#other();
          continue;
        }
        const count = await reader.readInto(this.#ring.subarray(at, at + room));
        if (count === null) return;
        this.#read += count;
        this.#notify();
      }
    } finally {
      this.#end();
    }
  }

  async #writeAll(): Promise<void> {
    try {
      for (;;) {
        const { length } = this.#ring;
        const at = this.#written % length;
        const size = Math.min(length - at, this.#read - this.#written);
        if (size > 0) {
          await this.#write(this.#ring.subarray(at, at + size));
          this.#written += size;
          this.#notify();
        } else if (this.#hasEnded) return;
        else await this.#other();
      }
    } finally {
      this.#end();
    }
  }

  /** Waits for the other half. Never do both: one has no room, the other nothing to write. */
  #other(): Promise<void> {
    return new Promise((resolve) => this.#wake = resolve);
  }

  #notify(): void {
    const wake = this.#wake;
    this.#wake = null;
    wake?.();
  }

  #end(): void {
    this.#hasEnded = true;
    this.#pieces.cancel();
    this.#notify();
  }
}
