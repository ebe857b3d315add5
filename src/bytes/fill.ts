/** Puts what fits of a piece at the front of `into`, and tells how many bytes that are. */
export function fill(into: Uint8Array, piece: Uint8Array): number {
  const count = Math.min(into.length, piece.length);
  into.set(count < piece.length ? piece.subarray(0, count) : piece);
  return count;
}
