/** Pieces of a message: a stream, or anything that gives them one after the other. */
export type Pieces<T> = AsyncIterable<T> | Iterable<T> | ReadableStream<T>;

/** The pieces, whatever gives them. @throws {TypeError} Where nothing does. */
export function piecesOf<T>(given: Pieces<T>): Exclude<Pieces<T>, ReadableStream<T>> {
  if (typeof given !== "object" || given === null) {
    throw new TypeError(`Cannot send: ${String(given)} is neither data nor a source of it`);
  }
  return given;
}
