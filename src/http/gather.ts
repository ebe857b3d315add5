/**
 * A whole body in one array.
 *
 * @module
 */

import type { Pieces } from "./decoder.ts";
import { IntoReader } from "./into_reader.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** Room that is made for a body's announced length before any of it has come. */
const MOST_TRUSTED_BYTES = 1 << 20;
const LEAST_BYTES = 16 * 1024;
const NOTHING: Bytes = new Uint8Array(0);

/**
 * Reads all into one array, which grows by doubling.
 *
 * @param pieces The body; given up where reading it fails.
 * @param announced How many bytes are expected; -1 where nobody knows. It is a hint, not believed.
 */
export async function gathered(pieces: Pieces, announced: number): Promise<Bytes> {
  const reader = new IntoReader(pieces);
  let bytes: Bytes = new Uint8Array(0);
  let length = 0;
  try {
    for (;;) {
      if (length === bytes.length) {
        // It is the end that should come here, and where nobody knows, nothing may come at all.
        const isEndDue = length === announced || length === 0 && announced < 0;
        const next = isEndDue ? await reader.read() : NOTHING;
        if (next === null) break;
        const wanted = length + Math.max(1, next.length);
        const grown = new Uint8Array(capacity(wanted, bytes.length, announced));
        grown.set(bytes);
        grown.set(next, length);
        bytes = grown;
        length += next.length;
        if (length === bytes.length) continue;
      }
      const count = await reader.readInto(bytes.subarray(length));
      if (count === null) break;
      length += count;
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
