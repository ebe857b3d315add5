/**
 * A whole body in one array.
 *
 * @module
 */

import type { Pieces } from "./decoder.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** Room that is made for a body's announced length before any of it has come. */
const MOST_TRUSTED_BYTES = 1 << 20;
const LEAST_BYTES = 16 * 1024;

/**
 * Reads all pieces into one array, which grows by doubling: a piece is copied as it comes and let go.
 *
 * @param pieces The body; given up where reading it fails.
 * @param announced How many bytes are expected; -1 where nobody knows. It is a hint, not believed.
 */
export async function gathered(pieces: Pieces, announced: number): Promise<Bytes> {
  let bytes: Bytes = new Uint8Array(0);
  let length = 0;
  try {
    for (let piece = await pieces.read(); piece !== null; piece = await pieces.read()) {
      const wanted = length + piece.length;
      if (wanted > bytes.length) {
        const grown = new Uint8Array(capacity(wanted, bytes.length, announced));
        grown.set(bytes.subarray(0, length));
        bytes = grown;
      }
      bytes.set(piece, length);
      length = wanted;
    }
  } finally {
    pieces.cancel();
  }
  return length === bytes.length ? bytes : bytes.slice(0, length);
}

/** Room for what is here and, where that is likely, for what comes. */
function capacity(wanted: number, current: number, announced: number): number {
  if (announced >= wanted && announced <= Math.max(MOST_TRUSTED_BYTES, 2 * wanted)) {
    return announced;
  }
  const doubled = Math.max(wanted, 2 * current, LEAST_BYTES);
  return announced > wanted ? Math.min(doubled, announced) : doubled;
}
