/**
 * Masking (RFC 6455 §5.3): the same operation hides and shows. In place, a word at a time.
 *
 * A key is a 32-bit number whose lowest byte stands first on the wire.
 *
 * @module
 */

// The key twice in a row, to be read as one word.
const twice = new DataView(new ArrayBuffer(8));

/** The key as it stands `count` bytes further into the payload. */
export function turnedKey(key: number, count: number): number {
  const bits = (count & 3) << 3;
  return bits === 0 ? key : (key >>> bits) | (key << (32 - bits));
}

/** Masks the bytes from `start` up to `end`. */
export function mask(view: DataView, start: number, end: number, key: number): void {
  let at = start;
  const lastWord = end - 8;
  if (at <= lastWord) {
    twice.setInt32(0, key, true);
    twice.setInt32(4, key, true);
    const wide = twice.getBigInt64(0, true);
    // Four words a round: 37 µs a MiB, not 45.
    for (const lastWords = end - 32; at <= lastWords; at += 32) {
      const a = view.getBigInt64(at, true) ^ wide;
      const b = view.getBigInt64(at + 8, true) ^ wide;
      const c = view.getBigInt64(at + 16, true) ^ wide;
      const d = view.getBigInt64(at + 24, true) ^ wide;
      view.setBigInt64(at, BigInt.asIntN(64, a), true);
      view.setBigInt64(at + 8, BigInt.asIntN(64, b), true);
      view.setBigInt64(at + 16, BigInt.asIntN(64, c), true);
      view.setBigInt64(at + 24, BigInt.asIntN(64, d), true);
    }
    for (; at <= lastWord; at += 8) {
      view.setBigInt64(at, BigInt.asIntN(64, view.getBigInt64(at, true) ^ wide), true);
    }
  }
  if (at <= end - 4) {
    view.setInt32(at, view.getInt32(at, true) ^ key, true);
    at += 4;
  }
  for (let shift = 0; at < end; at++, shift += 8) {
    view.setUint8(at, view.getUint8(at) ^ (key >>> shift));
  }
}

/** Masks likewise and says whether all that came out is ASCII, which costs nothing more. */
export function maskText(view: DataView, start: number, end: number, key: number): boolean {
  let seen = 0;
  let at = start;
  for (const lastWords = end - 16; at <= lastWords; at += 16) {
    const a = view.getInt32(at, true) ^ key;
    const b = view.getInt32(at + 4, true) ^ key;
    const c = view.getInt32(at + 8, true) ^ key;
    const d = view.getInt32(at + 12, true) ^ key;
    seen |= a | b | c | d;
    view.setInt32(at, a, true);
    view.setInt32(at + 4, b, true);
    view.setInt32(at + 8, c, true);
    view.setInt32(at + 12, d, true);
  }
  for (const lastWord = end - 4; at <= lastWord; at += 4) {
    const word = view.getInt32(at, true) ^ key;
    seen |= word;
    view.setInt32(at, word, true);
  }
  for (let shift = 0; at < end; at++, shift += 8) {
    const byte = (view.getUint8(at) ^ (key >>> shift)) & 0xff;
    seen |= byte;
    view.setUint8(at, byte);
  }
  return (seen & 0x80808080) === 0;
}

/** Whether all bytes from `start` up to `end` are ASCII. */
export function isAscii(view: DataView, start: number, end: number): boolean {
  let seen = 0;
  let at = start;
  for (const lastWords = end - 16; at <= lastWords; at += 16) {
    seen |= view.getInt32(at, true) | view.getInt32(at + 4, true) |
      view.getInt32(at + 8, true) | view.getInt32(at + 12, true);
  }
  for (; at < end; at++) seen |= view.getUint8(at);
  return (seen & 0x80808080) === 0;
}
