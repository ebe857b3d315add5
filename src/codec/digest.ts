import { crypto } from "@std/crypto/crypto";
import { encodeHex } from "@std/encoding/hex";
import { toBytes } from "./to_bytes.ts";

/**
 * The SHA-1 digest, in hexadecimal. Broken as a signature of what others may craft; here because
 * protocols ask for it.
 *
 * @param data Text, taken as its UTF-8, or bytes.
 * @returns 40 hexadecimal digits, lower case.
 *
 * @example Digest a string
 * ```ts
 * import { sha1 } from "@lasa/lasa/codec";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(sha1("abc"), "a9993e364706816aba3e25717850c26c9cd0d89d");
 * ```
 */
export function sha1(data: string | Uint8Array): string {
  return encodeHex(sha1Bin(data));
}

/**
 * The SHA-1 digest, as bytes.
 *
 * @param data Text, taken as its UTF-8, or bytes.
 * @returns The 20 bytes of the digest.
 *
 * @example The length of a digest
 * ```ts
 * import { sha1Bin } from "@lasa/lasa/codec";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(sha1Bin("abc").length, 20);
 * ```
 */
export function sha1Bin(data: string | Uint8Array): Uint8Array {
  return new Uint8Array(crypto.subtle.digestSync("SHA-1", toBytes(data)));
}

/**
 * The MD5 digest, in hexadecimal. Broken as a signature; here because protocols ask for it.
 *
 * @param data Text, taken as its UTF-8, or bytes.
 * @returns 32 hexadecimal digits, lower case.
 *
 * @example Digest a string
 * ```ts
 * import { md5 } from "@lasa/lasa/codec";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(md5("hello"), "5d41402abc4b2a76b9719d911017c592");
 * ```
 */
export function md5(data: string | Uint8Array): string {
  return encodeHex(md5Bin(data));
}

/**
 * The MD5 digest, as bytes.
 *
 * @param data Text, taken as its UTF-8, or bytes.
 * @returns The 16 bytes of the digest.
 *
 * @example A Content-MD5 value
 * ```ts
 * import { encodeBase64, md5Bin } from "@lasa/lasa/codec";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(encodeBase64(md5Bin("hello")), "XUFAKrxLKna5cZ2REBfFkg==");
 * ```
 */
export function md5Bin(data: string | Uint8Array): Uint8Array {
  return new Uint8Array(crypto.subtle.digestSync("MD5", toBytes(data)));
}
