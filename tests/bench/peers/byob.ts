/** Reading a stream of bytes into one buffer of the caller's. @module */

/** How many bytes came. */
export async function byobLength(
  stream: ReadableStream<Uint8Array>,
  bufferBytes: number,
): Promise<number> {
  const reader = stream.getReader({ mode: "byob" });
  let buffer = new Uint8Array(bufferBytes);
  let length = 0;
  for (;;) {
    const { value, done } = await reader.read(buffer);
    if (done) return length;
    length += value.length;
    buffer = new Uint8Array(value.buffer);
  }
}
