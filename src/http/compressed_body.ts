/**
 * A request's body under a content coding (RFC 9110 §8.4), coded while it is sent.
 *
 * @module
 */

import { loadOutside, runOutside } from "../thread/frame.ts";
import type { RequestBody } from "./request_body.ts";

/** A content coding for what is sent. */
export type SentCoding = "gzip" | "deflate" | "br" | "zstd";

type Bytes = Uint8Array<ArrayBuffer>;

/**
 * The same body, coded each time it is sent; how long it becomes is not known before.
 *
 * @param body What to send.
 * @param coding How. gzip and deflate are the Web's own, br and zstd Node's.
 */
export function compressed(body: RequestBody, coding: SentCoding): RequestBody {
  return {
    length: "chunked",
    contentType: body.contentType,
    isReplayable: body.isReplayable,
    bytes: null,
    inContext: runOutside,
    pieces: () => compressedPieces(body, coding),
  };
}

async function* compressedPieces(
  body: RequestBody,
  coding: SentCoding,
): AsyncGenerator<Uint8Array> {
  const stream = await compressionStream(coding);
  const reader = stream.readable.getReader();
  let failure: { error: unknown } | null = null;
  const feeding = body.inContext(() => feed(body, stream.writable)).catch((error) => {
    failure = { error };
  });
  try {
    for (;;) {
      const { done, value } = await reader.read().catch(async (error) => {
        await feeding;
        throw failure?.error ?? error;
      });
      if (done) break;
      yield value;
    }
    await feeding;
  } finally {
    await reader.cancel().catch(() => {});
  }
}

/** Puts the body in, as far as what comes out is taken. */
async function feed(body: RequestBody, writable: WritableStream<Bytes>): Promise<void> {
  const writer = writable.getWriter();
  writer.closed.catch(() => {});
  try {
    for await (const piece of body.pieces()) await writer.write(piece as Bytes);
    await writer.close();
  } catch (error) {
    await writer.abort(error).catch(() => {});
    throw error;
  }
}

async function compressionStream(
  coding: SentCoding,
): Promise<ReadableWritablePair<Uint8Array, Bytes>> {
  if (coding === "gzip" || coding === "deflate") return new CompressionStream(coding);
  const [zlib, { Duplex }] = await loadOutside(() =>
    Promise.all([import("node:zlib"), import("node:stream")])
  );
  const engine = coding === "br" ? zlib.createBrotliCompress() : zlib.createZstdCompress();
  return Duplex.toWeb(engine) as unknown as ReadableWritablePair<Uint8Array, Bytes>;
}
