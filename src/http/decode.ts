/**
 * Undoes content codings with the platform's `DecompressionStream` (RFC 9110 §8.4).
 *
 * The platform turns one piece in into one piece out, however large, so it is fed small ones.
 *
 * @module
 */

import { LimitError, RemoteProtocolError } from "../errors.ts";
import { quoted } from "../protocol/http1/grammar.ts";

type Bytes = Uint8Array<ArrayBuffer>;

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
 */
export function decoded(
  body: AsyncIterable<Bytes>,
  codings: string,
  limit: number,
): AsyncIterable<Bytes> {
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
  // The last one named was applied last.
  for (const name of names.reverse()) pieces = inflate(pieces, name);
  return limited(pieces, limit);
}

function isKnown(name: string): boolean {
  return name === "gzip" || name === "x-gzip" || name === "deflate" || name === "br";
}

async function* limited(pieces: AsyncIterable<Bytes>, limit: number): AsyncGenerator<Bytes> {
  let size = 0;
  for await (const piece of pieces) {
    size += piece.length;
    if (size > limit) {
      throw new LimitError(`Cannot decode the body: it becomes more than ${limit} bytes`, {
        limit: "maxDecodedBytes",
      });
    }
    yield piece;
  }
}

async function* inflate(pieces: AsyncIterable<Bytes>, name: string): AsyncGenerator<Bytes> {
  const source = pieces[Symbol.asyncIterator]();
  try {
    const first = await source.next();
    // No byte at all is an empty body, not a broken one.
    if (first.done) return;
    const stream = new DecompressionStream(formatOf(name, first.value));
    const reader = stream.readable.getReader();
    const feeding = feed(stream.writable.getWriter(), first.value, source);
    // What goes wrong there shows here as well; this keeps it from being nobody's.
    feeding.catch(() => {});
    try {
      for (;;) {
        const { done, value } = await reader.read().catch(async (error) => {
          await feeding;
          throw new RemoteProtocolError(`Cannot decode the body: it is no whole ${name}`, {
            cause: error,
          });
        });
        if (done) break;
        yield value as Bytes;
      }
      await feeding;
    } finally {
      await reader.cancel().catch(() => {});
    }
  } finally {
    await source.return?.();
  }
}

/** Feeds the rest; fails only where the source does, since what the platform says is read elsewhere. */
async function feed(
  writer: WritableStreamDefaultWriter<Bytes>,
  first: Bytes,
  rest: AsyncIterator<Bytes>,
): Promise<void> {
  writer.closed.catch(() => {});
  let next: IteratorResult<Bytes> = { done: false, value: first };
  while (!next.done) {
    for (let at = 0; at < next.value.length; at += SLICE_BYTES) {
      try {
        await writer.write(next.value.subarray(at, at + SLICE_BYTES));
      } catch {
        return;
      }
    }
    try {
      next = await rest.next();
    } catch (error) {
      await writer.abort(error).catch(() => {});
      throw error;
    }
  }
  await writer.close().catch(() => {});
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
