import type { Pieces } from "./decode.ts";
import { IntoReader } from "./into_reader.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/**
 * A body as a stream of bytes. Where its reader brings a buffer they come into that, from the socket
 * itself where they can. Where it does not, a piece is copied unless it is this body's alone: the
 * stream gives its buffer away.
 */
export function streamOf(pieces: Pieces): ReadableStream<Bytes> {
  const reader = new IntoReader(pieces);
  return new ReadableStream({
    type: "bytes",
    async pull(controller) {
      const request = controller.byobRequest;
      if (request !== null) {
        // The platform's types do not say that it is no shared buffer.
        const { buffer, byteOffset, byteLength } = request.view as Bytes;
        const count = await reader.readInto(new Uint8Array(buffer, byteOffset, byteLength));
        if (count === null) controller.close();
        return request.respond(count ?? 0);
      }
      const piece = await reader.read();
      if (piece === null) return controller.close();
      controller.enqueue(pieces.owns?.(piece) ? piece : piece.slice());
    },
    cancel: () => pieces.cancel(),
  });
}
