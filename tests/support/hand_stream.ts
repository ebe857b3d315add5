import type { ByteStream } from "../../src/socket/stream.ts";
import { bytes, text } from "./bytes.ts";

/** A stream whose every event comes exactly when a test says so. */
export class HandStream implements ByteStream {
  readonly localAddress = null;
  readonly remoteAddress = null;
  /** What was written, one character a byte. */
  written = "";
  /** Whether this side closed it. */
  isClosed = false;
  #arrived: (Uint8Array | null)[] = [];
  #reading: ((piece: Uint8Array | null | Error) => void) | null = null;
  #writing: PromiseWithResolvers<void> | null = null;

  /** Bytes arrive; `null` is the peer's end, an error that of the connection. */
  arrive(data: string | null | Error): void {
    const piece = typeof data === "string" ? bytes(data) : data;
    const reading = this.#reading;
    this.#reading = null;
    if (reading !== null) reading(piece);
    else if (!(piece instanceof Error)) this.#arrived.push(piece);
  }

  /** Writes wait from now on. */
  holdWrites(): void {
    this.#writing = Promise.withResolvers();
  }

  /** The write that waits goes on, and later ones do not wait. */
  releaseWrites(): void {
    this.#writing?.resolve();
    this.#writing = null;
  }

  /** The write that waits, and all later ones, fail. */
  failWrites(error: Error): void {
    this.#writing ??= Promise.withResolvers();
    this.#writing.promise.catch(() => {});
    this.#writing.reject(error);
  }

  read(into: Uint8Array<ArrayBuffer>): Promise<number | null> {
    return new Promise((resolve, reject) => {
      const take = (piece: Uint8Array | null | Error) => {
        if (piece instanceof Error) return reject(piece);
        if (piece === null) return resolve(null);
        into.set(piece);
        resolve(piece.length);
      };
      if (this.#arrived.length > 0) take(this.#arrived.shift()!);
      else this.#reading = take;
    });
  }

  async write(bytes: Uint8Array<ArrayBuffer>): Promise<number> {
    const copy = text(bytes);
    await this.#writing?.promise;
    // Whatever was sent meanwhile must have left these bytes alone.
    if (text(bytes) !== copy) throw new Error("The bytes changed while they were written");
    this.written += copy;
    return bytes.length;
  }

  closeWrite(): Promise<void> {
    return Promise.resolve();
  }

  ref(): void {}

  unref(): void {}

  close(): void {
    this.isClosed = true;
    this.arrive(new Deno.errors.Interrupted("closed"));
  }
}
