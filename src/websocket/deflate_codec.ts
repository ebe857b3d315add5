import type * as Zlib from "node:zlib";
import { LimitError, RemoteProtocolError } from "../errors.ts";
import type { DeflateCodec } from "../protocol/websocket/deflate.ts";
import { loadOutside } from "../thread/frame.ts";

/** DEFLATE as the platform has it; loaded when the first connection asks for it. */
export async function loadDeflate(): Promise<DeflateCodec> {
  return new ZlibCodec(await loadOutside(() => import("node:zlib")));
}

class ZlibCodec implements DeflateCodec {
  readonly #zlib: typeof Zlib;

  constructor(zlib: typeof Zlib) {
    this.#zlib = zlib;
  }

  deflate(
    message: Uint8Array,
    windowBits: number,
    dictionary: Uint8Array | null,
  ): Uint8Array<ArrayBuffer> {
    return bytesOf(this.#zlib.deflateRawSync(message, {
      finishFlush: this.#zlib.constants.Z_SYNC_FLUSH,
      windowBits,
      dictionary: dictionary ?? undefined,
    }));
  }

  inflate(
    payload: Uint8Array,
    dictionary: Uint8Array | null,
    maxBytes: number,
  ): Uint8Array<ArrayBuffer> {
    try {
      return bytesOf(this.#zlib.inflateRawSync(payload, {
        // The flush's empty block was taken off (RFC 7692 §7.2.1): the data ends without an end.
        finishFlush: this.#zlib.constants.Z_SYNC_FLUSH,
        maxOutputLength: maxBytes,
        dictionary: dictionary ?? undefined,
      }));
    } catch (error) {
      if ((error as { code?: string }).code === "ERR_BUFFER_TOO_LARGE") {
        throw new LimitError(
          `Cannot read the message: it inflates to more than ${maxBytes} bytes`,
          { limit: "maxMessageLen", cause: error },
        );
      }
      throw new RemoteProtocolError("Cannot read the message: it cannot be inflated", {
        cause: error,
      });
    }
  }
}

/** A buffer of Node's may be a part of one that others use. */
function bytesOf(buffer: Uint8Array): Uint8Array<ArrayBuffer> {
  return buffer.byteLength === buffer.buffer.byteLength
    ? new Uint8Array(buffer.buffer as ArrayBuffer)
    : new Uint8Array(buffer);
}
