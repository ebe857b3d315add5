/**
 * Which content codings a body has, and undoing them one after the other (RFC 9110 §8.4).
 *
 * @module
 */

import { LimitError, RemoteProtocolError } from "../errors.ts";
import {
  type Coding,
  type DecodeLimits,
  Decoder,
  isZlib,
  loadZlib,
  type Pieces,
} from "./decoder.ts";

import { gathered } from "./gather.ts";

export type { DecodeLimits, Pieces } from "./decoder.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** Codings on top of one another; more are a mistake or an attack. */
const MAX_CODINGS = 5;
/** A body of so many bytes that is here already is decoded in one go. */
const MOST_AT_ONCE = 64 * 1024;
/** What such a body may become in one go; a larger one is decoded piece by piece after all. */
const MOST_OUT_AT_ONCE = 1024 * 1024;

/**
 * Decodes a body.
 *
 * @param body The pieces as they came.
 * @param codings What `Content-Encoding` says.
 * @param limits How much it may become; each coding of several is held to them.
 * @returns The pieces, decoded; as they came where a coding is not known.
 * @throws {LimitError} Where there are too many codings.
 */
export function decoded(body: Pieces, codings: string, limits: DecodeLimits): Pieces {
  const names = codingsOf(codings);
  if (names === null) return body;
  let pieces = body;
  // The last one named was applied last. Each stage is held to the limits: the first may burst too.
  for (const name of names.reverse()) pieces = new Decoder(pieces, name, limits);
  return pieces;
}

/**
 * Decodes a body that is here as a whole; a small one costs less so than piece by piece.
 *
 * @throws {RemoteProtocolError} Where it is not what its coding says, or not whole.
 * @throws {LimitError} Where it becomes too large, or has too many codings.
 */
export async function decodedWhole(
  body: Bytes,
  codings: string,
  limits: DecodeLimits,
): Promise<Bytes> {
  return await decodedAtOnce(body, codings, limits) ??
    await gathered(decoded(onePiece(body), codings, limits), -1);
}

/** Bytes that are here, in one piece. */
function onePiece(bytes: Bytes): Pieces {
  let left: Bytes | null = bytes.length === 0 ? null : bytes;
  return {
    read() {
      const piece = left;
      left = null;
      return Promise.resolve(piece);
    },
    cancel() {
      left = null;
    },
  };
}

/** A small body decoded in one go; `null` where it is to be decoded piece by piece. */
async function decodedAtOnce(
  body: Bytes,
  codings: string,
  limits: DecodeLimits,
): Promise<Bytes | null> {
  const names = codingsOf(codings);
  if (names?.length !== 1 || body.length === 0 || body.length > MOST_AT_ONCE) return null;
  const [name] = names;
  // What cannot be seen here to be cut is decoded piece by piece.
  if (name !== "gzip" && name !== "deflate") return null;
  const zlib = await loadZlib();
  const options = {
    maxOutputLength: Math.min(MOST_OUT_AT_ONCE, limits.maxDecodedBytes),
    info: true,
  };
  try {
    const decode = name === "gzip"
      ? zlib.gunzipSync
      : isZlib(body)
      ? zlib.inflateSync
      : zlib.inflateRawSync;
    // With `info` it tells how much of the body it has used too; its types do not say so.
    const { buffer, engine } = decode(body, options) as unknown as {
      buffer: Bytes;
      engine: { bytesWritten: number };
    };
    if (engine.bytesWritten < body.length) return null;
    return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.length);
  } catch (error) {
    if ((error as { code?: string }).code === "ERR_BUFFER_TOO_LARGE") return null;
    throw new RemoteProtocolError(`Cannot decode the body: it is no whole ${name}`, {
      sent: "all",
      cause: error,
    });
  }
}

/** The codings in the order in which they were applied; `null` for none, or one that is not known. */
function codingsOf(text: string): Coding[] | null {
  const names = text.toLowerCase().split(",").map((name) => name.trim()).filter((name) =>
    name !== "" && name !== "identity"
  );
  if (names.length > MAX_CODINGS) {
    throw new LimitError(`Cannot decode the body: ${names.length} codings`, {
      limit: "maxCodings",
      sent: "all",
    });
  }
  if (names.length === 0) return null;
  const codings: Coding[] = [];
  for (const name of names) {
    const coding = codingOf(name);
    if (coding === null) return null;
    codings.push(coding);
  }
  return codings;
}

function codingOf(name: string): Coding | null {
  switch (name) {
    case "gzip":
    // RFC 9110 §8.4.1.3: to be taken for gzip.
    case "x-gzip":
      return "gzip";
    case "deflate":
    case "br":
    case "zstd":
      return name;
    default:
      return null;
  }
}
