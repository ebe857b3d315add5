import { decodeBase64 as decodeStrictly, encodeBase64 as encodePadded } from "@std/encoding/base64";

// RFC 4648 §4: the alphabet, then at most two signs of padding.
const BASE64_TEXT = /^[A-Za-z0-9+/]*={0,2}$/;

/**
 * Encodes text or bytes as base64 (RFC 4648 §4).
 *
 * @param data Text, taken as its UTF-8, or bytes.
 * @param noPadding Whether to leave out the `=` signs at the end.
 * @returns The base64 text.
 *
 * @example With and without padding
 * ```ts
 * import { encodeBase64 } from "@lasa/lasa/codec";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(encodeBase64("hello"), "aGVsbG8=");
 * assertEquals(encodeBase64("hello", true), "aGVsbG8");
 * assertEquals(encodeBase64(new Uint8Array([255, 254])), "//4=");
 * ```
 */
export function encodeBase64(data: string | Uint8Array, noPadding = false): string {
  const text = encodePadded(data);
  return noPadding ? text.replace(/=+$/, "") : text;
}

/**
 * Decodes base64 (RFC 4648 §4), with its padding or without.
 *
 * Padding is all there or all absent; white space, signs outside the alphabet and anything behind
 * the padding are malformed. ngx_lua's decoder stops reading at the first `=` and so takes `"ab="`
 * and `"ab=junk"`; the web's forgiving decoder takes white space; this one takes neither. Like
 * both, it lets the unused low bits of the last sign be anything (`"YR"` is `"YQ"`).
 *
 * @param text The base64 text.
 * @returns The bytes, or `null` where the text is not well formed.
 *
 * @example What is well formed
 * ```ts
 * import { decodeBase64 } from "@lasa/lasa/codec";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(decodeBase64("aGk="), new Uint8Array([104, 105]));
 * assertEquals(decodeBase64("aGk"), new Uint8Array([104, 105]));
 * assertEquals(decodeBase64("aG k="), null);
 * ```
 */
export function decodeBase64(text: string): Uint8Array | null {
  if (!BASE64_TEXT.test(text)) return null;
  const padding = text.endsWith("==") ? 2 : text.endsWith("=") ? 1 : 0;
  const over = (text.length - padding) % 4;
  if (over === 1) return null;
  if (padding > 0 && over + padding !== 4) return null;
  return decodeStrictly(text);
}
