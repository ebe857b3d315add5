/**
 * How many bytes at the end are the start of a UTF-8 character whose rest has not come.
 *
 * @param bytes Some text so far.
 * @returns 0 to 3; 0 too where the end is no UTF-8 at all.
 */
export function cutCharacterLength(bytes: Uint8Array): number {
  for (let back = 1; back <= 3 && back <= bytes.length; back++) {
    const byte = bytes[bytes.length - back];
    if (byte < 0x80) return 0;
    // The first byte of a character says how long it is (RFC 3629 §3).
    if (byte >= 0xc0) return back < (byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4) ? back : 0;
  }
  return 0;
}
