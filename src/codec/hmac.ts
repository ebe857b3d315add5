import { concat } from "../bytes/concat.ts";
import { sha1Bin } from "./digest.ts";
import { toBytes } from "./to_bytes.ts";

// The block that SHA-1 works on, in bytes: RFC 2104's B.
const BLOCK_BYTES = 64;

/**
 * The HMAC-SHA1 of a message (RFC 2104). Without waiting, which `crypto.subtle` cannot do.
 *
 * To check a code that came from outside, compare in constant time: `timingSafeEqual` of
 * `@std/crypto` or `node:crypto`.
 *
 * @param key The secret; text is taken as its UTF-8.
 * @param message What to sign; text is taken as its UTF-8.
 * @returns The 20 bytes of the code.
 *
 * @example Sign a string
 * ```ts
 * import { encodeBase64, hmacSha1 } from "@lasa/lasa/codec";
 * import { assertEquals } from "@std/assert";
 *
 * const code = hmacSha1("thisisverysecretstuff", "some string we want to sign");
 * assertEquals(encodeBase64(code), "R/pvxzHC4NLtj7S+kXFg/NePTmk=");
 * ```
 */
export function hmacSha1(key: string | Uint8Array, message: string | Uint8Array): Uint8Array {
  const given = toBytes(key);
  // RFC 2104 §2: a key longer than a block is hashed first; a shorter one is filled with zeros.
  const secret = given.length > BLOCK_BYTES ? sha1Bin(given) : given;
  const inner = sha1Bin(concat([masked(secret, 0x36), toBytes(message)]));
  return sha1Bin(concat([masked(secret, 0x5c), inner]));
}

function masked(secret: Uint8Array, mask: number): Uint8Array {
  const block = new Uint8Array(BLOCK_BYTES).fill(mask);
  for (let i = 0; i < secret.length; i++) block[i] ^= secret[i];
  return block;
}
