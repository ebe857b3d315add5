/**
 * The helpers around the protocols: base64, URI escapes, digests, UUIDs and clocks. All of them
 * answer at once; text is taken as its UTF-8, bytes as they are.
 *
 * @example Sign a request
 * ```ts
 * import { encodeBase64, escapeUri, hmacSha1 } from "@lasa/lasa/codec";
 *
 * const query = `user=${escapeUri("Ann & Bob")}`;
 * console.log(`${query}&sign=${escapeUri(encodeBase64(hmacSha1("secret", query)))}`);
 * ```
 *
 * @module
 */
export { decodeBase64, encodeBase64 } from "./base64.ts";
export { md5, md5Bin, sha1, sha1Bin } from "./digest.ts";
export { hmacSha1 } from "./hmac.ts";
export { monotonicTime, now } from "./time.ts";
export { escapeUri, unescapeUri } from "./uri.ts";
export { uuid } from "./uuid.ts";
