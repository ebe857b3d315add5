// What an escape stands in for: everything else reads the same before and after.
const ESCAPES_OR_PLUSES = /(?:%[0-9A-Fa-f]{2})+|\+/g;

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/**
 * Escapes text as a URI component: letters, digits and `-_.!~*'()` stay, the UTF-8 of all the rest
 * becomes `%XX`.
 *
 * @param text The text. Half of a surrogate pair standing alone becomes U+FFFD, as in any UTF-8.
 * @returns The escaped text, in ASCII.
 *
 * @example A query value
 * ```ts
 * import { escapeUri } from "@lasa/lasa/codec";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(escapeUri("fish & chips (£5)"), "fish%20%26%20chips%20(%C2%A35)");
 * ```
 */
export function escapeUri(text: string): string {
  return encodeURIComponent(text.toWellFormed());
}

/**
 * Undoes {@linkcode escapeUri}, and takes `+` for a space as forms write it.
 *
 * It never fails: what is not an escape stays as it stands, and escaped bytes that are not UTF-8
 * become U+FFFD, as in a browser. Where the bytes themselves matter, do not take them through a
 * string.
 *
 * @param text The escaped text.
 * @returns The plain text.
 *
 * @example Malformed escapes stay
 * ```ts
 * import { unescapeUri } from "@lasa/lasa/codec";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(unescapeUri("caf%C3%A9+%26%20bar"), "café & bar");
 * assertEquals(unescapeUri("100%"), "100%");
 * ```
 */
export function unescapeUri(text: string): string {
  return text.replace(ESCAPES_OR_PLUSES, (match) => match === "+" ? " " : decodeRun(match));
}

/** Reads a run of escapes at once: a character's UTF-8 may take up to four of them. */
function decodeRun(run: string): string {
  const bytes = new Uint8Array(run.length / 3);
  for (let i = 0; i < bytes.length; i++) {
    bytes[i] = parseInt(run.slice(i * 3 + 1, i * 3 + 3), 16);
  }
  return decoder.decode(bytes);
}
