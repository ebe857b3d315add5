const encoder = new TextEncoder();

/** Text as its UTF-8, bytes as they are. */
export function toBytes(data: string | Uint8Array): Uint8Array<ArrayBuffer> {
  if (typeof data === "string") return encoder.encode(data);
  // The platform's digests take no view of shared memory, where another thread could write meanwhile.
  return data.buffer instanceof ArrayBuffer
    ? data as Uint8Array<ArrayBuffer>
    : new Uint8Array(data);
}
