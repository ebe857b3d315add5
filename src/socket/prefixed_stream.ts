import type { Address, ByteStream } from "./stream.ts";

/** A connection of which some bytes have been read already; they come first. */
export class PrefixedStream implements ByteStream {
  readonly localAddress: Address | null;
  readonly remoteAddress: Address | null;
  readonly #below: ByteStream;
  #prefix: Uint8Array | null;

  constructor(below: ByteStream, prefix: Uint8Array) {
    this.#below = below;
    this.#prefix = prefix;
    this.localAddress = below.localAddress;
    this.remoteAddress = below.remoteAddress;
  }

  read(into: Uint8Array<ArrayBuffer>): Promise<number | null> {
    const prefix = this.#prefix;
    if (prefix === null) return this.#below.read(into);
    const count = Math.min(prefix.length, into.length);
    into.set(prefix.subarray(0, count));
    this.#prefix = count < prefix.length ? prefix.subarray(count) : null;
    return Promise.resolve(count);
  }

  write(bytes: Uint8Array<ArrayBuffer>): Promise<number> {
    return this.#below.write(bytes);
  }

  closeWrite(): Promise<void> {
    return this.#below.closeWrite();
  }

  ref(): void {
    this.#below.ref();
  }

  unref(): void {
    this.#below.unref();
  }

  close(): void {
    this.#prefix = null;
    this.#below.close();
  }
}
