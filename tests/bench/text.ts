/**
 * Text that compresses as text does, always the same, and the same in a content coding.
 *
 * @module
 */

import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";

/** Different words, as many as a long text has. */
const WORDS = 5_000;

/** So many bytes of words. */
export function textBytes(length: number): Uint8Array<ArrayBuffer> {
  const random = generator();
  const words = Array.from({ length: WORDS }, () => word(random));
  const bytes = new Uint8Array(length + 16);
  for (let at = 0; at < length;) {
    // Few words are most of a text: the square of a number from 0 to 1 is small more often than not.
    const next = words[Math.floor(WORDS * random() ** 2)];
    bytes.set(next, at);
    at += next.length;
  }
  return bytes.slice(0, length);
}

function word(random: () => number): Uint8Array {
  const length = 1 + Math.floor(10 * random());
  const letters = Array.from({ length }, () => 97 + Math.floor(26 * random()));
  return new Uint8Array([...letters, random() < 0.1 ? 10 : 32]);
}

/** Numbers from 0 to 1, the same ones in every run. */
function generator(): () => number {
  let state = 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}

/** Codes at the level that servers use for what they code once. */
export async function coded(bytes: Uint8Array, coding: "gzip" | "br"): Promise<Uint8Array> {
  if (coding === "gzip") return await promisify(gzip)(bytes);
  const params = { [constants.BROTLI_PARAM_QUALITY]: 5 };
  return await promisify(brotliCompress)(bytes, { params });
}
