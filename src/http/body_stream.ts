import type { Pieces } from "./decode.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/**
 * A body as a stream of bytes: each is copied once at most, into the reader's own buffer where there
 * is one.
 *
 * @param pieces The body.
 * @param isOwned Whether a piece that fills its buffer has it for itself: the stream gives it away.
 */
export function streamOf(pieces: Pieces, isOwned: boolean): ReadableStream<Bytes> {
  // What the last reader's buffer had no room for.
  let left: Bytes | null = null;
  return new ReadableStream({
    type: "bytes",
    async pull(controller) {
      const piece = left ?? await pieces.read();
      left = null;
      const request = controller.byobRequest;
      if (piece === null) {
        controller.close();
        request?.respond(0);
      } else if (request === null) {
        const isWhole = piece.length === piece.buffer.byteLength;
        controller.enqueue(isOwned && isWhole ? piece : piece.slice());
      } else {
        const view = request.view!;
        const count = Math.min(view.byteLength, piece.length);
        new Uint8Array(view.buffer, view.byteOffset, count).set(piece.subarray(0, count));
        if (count < piece.length) left = piece.subarray(count);
        request.respond(count);
      }
    },
    cancel: () => pieces.cancel(),
  });
}
