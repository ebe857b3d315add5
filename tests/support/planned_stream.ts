import type { Address, ByteStream } from "../../src/socket/stream.ts";

/**
 * A stream over another whose reads bring what a plan says, however the system delivered it. Counts
 * what passes through.
 */
export class PlannedStream implements ByteStream {
  /** How many bytes were read. */
  delivered = 0;
  /** How many writes were made. */
  writes = 0;
  readonly #inner: ByteStream;
  readonly #sizes: number[];

  /** Reads bring `sizes` bytes, one after another, and behind them what comes. */
  constructor(inner: ByteStream, sizes: readonly number[] = []) {
    this.#inner = inner;
    this.#sizes = [...sizes];
  }

  get localAddress(): Address | null {
    return this.#inner.localAddress;
  }

  get remoteAddress(): Address | null {
    return this.#inner.remoteAddress;
  }

  async read(into: Uint8Array<ArrayBuffer>): Promise<number | null> {
    const size = this.#sizes.shift() ?? Infinity;
    const count = await this.#inner.read(into.subarray(0, size));
    if (count === null) return null;
    if (count < size && size !== Infinity) this.#sizes.unshift(size - count);
    this.delivered += count;
    return count;
  }

  write(bytes: Uint8Array<ArrayBuffer>): Promise<number> {
    this.writes++;
    return this.#inner.write(bytes);
  }

  closeWrite(): Promise<void> {
    return this.#inner.closeWrite();
  }

  ref(): void {
    this.#inner.ref();
  }

  unref(): void {
    this.#inner.unref();
  }

  close(): void {
    this.#inner.close();
  }
}
