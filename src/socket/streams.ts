import { ClosedError } from "../errors.ts";
import type { Sendable } from "./flatten.ts";

/** Bytes of one chunk of a readable stream. */
const CHUNK_BYTES = 64 * 1024;

/** What the streams of a socket ask of it. */
interface StreamSocket {
  receiveAny(max: number): Promise<Uint8Array<ArrayBuffer>>;
  send(data: Sendable): Promise<number>;
  shutdown(direction: "send"): Promise<void>;
  shutdownNow(): void;
}

/** A socket's arriving bytes as a stream; cancelling it closes the socket. */
export function readableOf(socket: StreamSocket): ReadableStream<Uint8Array<ArrayBuffer>> {
  return new ReadableStream({
    type: "bytes",
    async pull(controller) {
      try {
        controller.enqueue(await socket.receiveAny(CHUNK_BYTES));
      } catch (error) {
        if (!(error instanceof ClosedError)) throw error;
        controller.close();
        controller.byobRequest?.respond(0);
      }
    },
    cancel: () => socket.shutdownNow(),
  }, { highWaterMark: 0 });
}

/** A socket's sending side as a stream; closing it ends that side, aborting it closes the socket. */
export function writableOf(socket: StreamSocket): WritableStream<Uint8Array> {
  return new WritableStream({
    write: async (chunk) => void await socket.send(chunk),
    close: () => socket.shutdown("send"),
    abort: () => socket.shutdownNow(),
  });
}
