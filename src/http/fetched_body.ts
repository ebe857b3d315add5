import { streamOf } from "./body_stream.ts";
import type { Pieces } from "./decode.ts";
import { IntoReader } from "./into_reader.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** Whoever a body was fetched for. */
export interface FetchedFor {
  /** Ends the body when it fires. */
  readonly signal: AbortSignal | undefined;
  /** A failure as Fetch tells it. */
  told(error: unknown): unknown;
}

/** A body as a stream that fails as Fetch's does, and is given up where nobody can read it any more. */
export function fetchedStream(pieces: Pieces, asked: FetchedFor): ReadableStream<Bytes> {
  const stream = streamOf(new FetchedPieces(pieces, asked));
  forgotten.register(stream, pieces);
  return stream;
}

// Code written for other fetches leaves bodies unread, and they would hold their connections.
const forgotten = new FinalizationRegistry<Pieces>((pieces) => pieces.cancel());

class FetchedPieces implements Pieces {
  readonly #pieces: Pieces;
  readonly #reader: IntoReader;
  readonly #asked: FetchedFor;

  constructor(pieces: Pieces, asked: FetchedFor) {
    this.#pieces = pieces;
    this.#reader = new IntoReader(pieces);
    this.#asked = asked;
  }

  async read(): Promise<Bytes | null> {
    this.#refuseAborted();
    try {
      return await this.#reader.read();
    } catch (error) {
      throw this.#asked.told(error);
    }
  }

  async readInto(into: Bytes): Promise<number | null> {
    this.#refuseAborted();
    try {
      return await this.#reader.readInto(into);
    } catch (error) {
      throw this.#asked.told(error);
    }
  }

  owns(piece: Bytes): boolean {
    return this.#pieces.owns?.(piece) ?? false;
  }

  cancel(): void {
    this.#pieces.cancel();
  }

  /** What has arrived is not given out either once the signal has fired. */
  #refuseAborted(): void {
    const { signal } = this.#asked;
    if (!signal?.aborted) return;
    this.#pieces.cancel();
    throw signal.reason;
  }
}
