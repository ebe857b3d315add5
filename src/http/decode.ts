/**
 * Undoes content codings with the platform's `DecompressionStream` (RFC 9110 §8.4).
 *
 * Every stage is pulled, and can be given up at any moment, also while it waits for bytes. The
 * platform turns one piece in into one piece out, however large, so it is fed small ones. What still
 * bothers the author: the platform takes a truncated deflate for a whole one, and a gzip of several
 * members for a broken one.
 *
 * @module
 */

import { LimitError, RemoteProtocolError } from "../errors.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** Bytes in pieces, for one reader. */
export interface Pieces {
  /** Waits for the next piece; `null` at the end. */
  read(): Promise<Bytes | null>;
  /** Gives the rest up; a read that waits fails. */
  cancel(): void;
}

/** Codings on top of one another; more are a mistake or an attack. */
const MAX_CODINGS = 5;
/** The platform inflates at most about a thousandfold: what one of these becomes is bearable. */
const SLICE_BYTES = 16 * 1024;

/**
 * Decodes a body.
 *
 * @param body The pieces as they came.
 * @param codings What `Content-Encoding` says.
 * @param limit How many bytes it may become.
 * @returns The pieces, decoded; as they came where a coding is not known.
 * @throws {LimitError} Where there are too many codings.
 */
export function decoded(body: Pieces, codings: string, limit: number): Pieces {
  const names = codings.toLowerCase().split(",").map((name) => name.trim()).filter((name) =>
    name !== "" && name !== "identity"
  );
  if (names.length > MAX_CODINGS) {
    throw new LimitError(`Cannot decode the body: ${names.length} codings`, {
      limit: "maxCodings",
    });
  }
  if (!names.every(isKnown)) return body;
  let pieces = body;
  // The last one named was applied last. Each stage is held to the limit: the first may burst too.
  for (const name of names.reverse()) pieces = new Inflating(pieces, name, limit);
  return pieces;
}

function isKnown(name: string): boolean {
  return name === "gzip" || name === "x-gzip" || name === "deflate" || name === "br";
}

class Inflating implements Pieces {
  readonly #source: Pieces;
  readonly #name: string;
  readonly #limit: number;
  #size = 0;
  #output: ReadableStreamDefaultReader<Bytes> | null = null;
  #feeding: Promise<void> | null = null;

  constructor(source: Pieces, name: string, limit: number) {
    this.#source = source;
    this.#name = name;
    this.#limit = limit;
  }

  async read(): Promise<Bytes | null> {
    if (this.#output === null) {
      const first = await this.#source.read();
      // No byte at all is an empty body, not a broken one.
      if (first === null) return null;
      this.#start(first);
    }
    for (;;) {
      const { done, value } = await this.#output!.read().catch((error) => this.#fail(error));
      if (done) {
        await this.#feeding;
        return null;
      }
      this.#size += value.length;
      if (this.#size > this.#limit) {
        throw new LimitError(`Cannot decode the body: it becomes more than ${this.#limit} bytes`, {
          limit: "maxDecodedBytes",
        });
      }
      if (value.length > 0) return value;
    }
  }

  cancel(): void {
    // The platform may have failed already, and then says so here once more.
    this.#output?.cancel().catch(() => {});
    this.#source.cancel();
  }

  #start(first: Bytes): void {
    const stream = new DecompressionStream(formatOf(this.#name, first));
    this.#output = stream.readable.getReader() as ReadableStreamDefaultReader<Bytes>;
    this.#feeding = this.#feed(stream.writable.getWriter(), first);
    // What goes wrong there shows in read() as well; this keeps it from being nobody's.
    this.#feeding.catch(() => {});
  }

  async #fail(error: unknown): Promise<never> {
    // Where the source failed, that is why.
    await this.#feeding;
    throw new RemoteProtocolError(`Cannot decode the body: it is no whole ${this.#name}`, {
      cause: error,
    });
  }

  /** Fails only where the source does: what the platform says is heard in read(). */
  async #feed(writer: WritableStreamDefaultWriter<Bytes>, first: Bytes): Promise<void> {
    writer.closed.catch(() => {});
    for (let piece: Bytes | null = first; piece !== null;) {
      for (let at = 0; at < piece.length; at += SLICE_BYTES) {
        try {
          await writer.write(piece.subarray(at, at + SLICE_BYTES));
        } catch {
          return;
        }
      }
      try {
        piece = await this.#source.read();
      } catch (error) {
        await writer.abort(error).catch(() => {});
        throw error;
      }
    }
    await writer.close().catch(() => {});
  }
}

function formatOf(name: string, first: Bytes): CompressionFormat {
  if (name === "br") return "brotli" as CompressionFormat;
  if (name !== "deflate") return "gzip";
  // RFC 9110 §8.4.1.2: deflate is the zlib format, but some send it without the wrapping. A zlib
  // header is a method of 8 and a multiple of 31 (RFC 1950 §2.2).
  const isZlib = (first[0] & 15) === 8 &&
    (first.length < 2 || (first[0] * 256 + first[1]) % 31 === 0);
  return isZlib ? "deflate" : "deflate-raw";
}
