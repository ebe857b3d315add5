import { ByteQueue } from "../bytes/byte_queue.ts";
import type { ByteStream } from "./stream.ts";

/** Bytes that one direction keeps while nobody reads them; then the writer waits. */
const MAX_KEPT_BYTES = 64 * 1024;

/** One direction. */
class Pipe {
  readonly #bytes = new ByteQueue();
  #hasEnded = false;
  #isBroken = false;
  #waiting: (() => void)[] = [];

  async read(into: Uint8Array): Promise<number | null> {
    while (this.#bytes.size === 0) {
      if (this.#isBroken) throw new Deno.errors.BadResource("closed");
      if (this.#hasEnded) return null;
      await this.#change();
    }
    const taken = this.#bytes.take(Math.min(into.length, this.#bytes.size));
    into.set(taken);
    this.#changed();
    return taken.length;
  }

  async write(bytes: Uint8Array): Promise<number> {
    while (this.#bytes.size >= MAX_KEPT_BYTES && !this.#hasEnded) await this.#change();
    if (this.#hasEnded) throw new Deno.errors.BrokenPipe("broken pipe");
    const count = Math.min(bytes.length, MAX_KEPT_BYTES - this.#bytes.size);
    this.#bytes.push(bytes.subarray(0, count));
    this.#changed();
    return count;
  }

  /** Nothing more comes; what is there can still be read. */
  end(): void {
    this.#hasEnded = true;
    this.#changed();
  }

  /** Nobody reads any more. */
  break(): void {
    this.#isBroken = this.#hasEnded = true;
    this.#bytes.skip(this.#bytes.size);
    this.#changed();
  }

  #change(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  #changed(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const wake of waiting) wake();
  }
}

class MemoryStream implements ByteStream {
  readonly localAddress = null;
  readonly remoteAddress = null;
  readonly #incoming: Pipe;
  readonly #outgoing: Pipe;
  #isClosed = false;

  constructor(incoming: Pipe, outgoing: Pipe) {
    this.#incoming = incoming;
    this.#outgoing = outgoing;
  }

  read(into: Uint8Array): Promise<number | null> {
    return this.#incoming.read(into);
  }

  write(bytes: Uint8Array): Promise<number> {
    if (this.#isClosed) return Promise.reject(new Deno.errors.BadResource("closed"));
    return this.#outgoing.write(bytes);
  }

  closeWrite(): Promise<void> {
    this.#outgoing.end();
    return Promise.resolve();
  }

  ref(): void {}

  unref(): void {}

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#incoming.break();
    this.#outgoing.end();
  }
}

/** Two ends of a connection inside this process. */
export function memoryPair(): [ByteStream, ByteStream] {
  const there = new Pipe();
  const back = new Pipe();
  return [new MemoryStream(back, there), new MemoryStream(there, back)];
}
