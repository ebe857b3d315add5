/** Pieces of a message: a stream, or anything that gives them one after the other. */
export type Pieces<T> = AsyncIterable<T> | Iterable<T> | ReadableStream<T>;

/** The pieces in turn, whatever gives them. */
export function piecesOf<T>(
  pieces: Pieces<T> | AsyncIterable<unknown> | Iterable<unknown>,
): AsyncIterable<T> | Iterable<T> {
  if (typeof pieces !== "object" || pieces === null) {
    throw new TypeError(`Cannot send: ${String(pieces)} is neither data nor a source of it`);
  }
  return pieces as AsyncIterable<T> | Iterable<T>;
}
