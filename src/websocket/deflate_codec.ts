/**
 * DEFLATE as the platform has it, a message at a time.
 *
 * What still bothers the author: `node:zlib` has no public call that keeps its window from one
 * synchronous call to the next (a dictionary, which would do, is ignored by Deno for raw data). Those
 * who need it keep the stream's handle from being closed behind each chunk, as npm's minizlib does.
 * Where that does not work, contexts are not kept, and the other end is told so in the handshake.
 *
 * @module
 */

import type * as Zlib from "node:zlib";
import { LimitError, RemoteProtocolError } from "../errors.ts";
import type { DeflateCodec, DeflateFlow, DeflateOptions } from "../protocol/websocket/deflate.ts";
import { loadOutside } from "../thread/frame.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** What of a stream of `node:zlib` is used beyond what it says in public. */
interface ZlibStream {
  _handle: { close(): void } | null;
  _processChunk(chunk: Uint8Array, flush: number): Uint8Array;
  close(): void;
  removeAllListeners(event: string): void;
  on(event: string, listener: () => void): void;
}

function ignore(): void {}

/** DEFLATE with all that it can do here. */
export interface LoadedCodec extends DeflateCodec {
  /** Whether a flow can keep its context. */
  readonly keepsContext: boolean;
}

let loaded: LoadedCodec | null = null;

/** DEFLATE as the platform has it; loaded when the first connection asks for it. */
export async function loadDeflate(): Promise<LoadedCodec> {
  return loaded ??= new ZlibCodec(await loadOutside(() => import("node:zlib")));
}

/** DEFLATE, which must have been loaded. */
export function loadedDeflate(): LoadedCodec {
  return loaded!;
}

/** The options that can be kept to here. */
export async function possible(options: DeflateOptions | null): Promise<DeflateOptions | null> {
  if (options === null || (await loadDeflate()).keepsContext) return options;
  return { ...options, serverNoContextTakeover: true, clientNoContextTakeover: true };
}

class ZlibCodec implements LoadedCodec {
  readonly keepsContext: boolean;
  readonly #zlib: typeof Zlib;

  constructor(zlib: typeof Zlib) {
    this.#zlib = zlib;
    this.keepsContext = canKeepContext(this);
  }

  deflater(windowBits: number, keepsContext: boolean): DeflateFlow {
    const zlib = this.#zlib;
    const { Z_SYNC_FLUSH } = zlib.constants;
    if (keepsContext) return new Kept(() => zlib.createDeflateRaw({ windowBits }), Z_SYNC_FLUSH);
    return {
      run: (message) =>
        owned(zlib.deflateRawSync(message, { finishFlush: Z_SYNC_FLUSH, windowBits })),
      close() {},
    };
  }

  inflater(keepsContext: boolean, maxBytes: number): DeflateFlow {
    const zlib = this.#zlib;
    const { Z_SYNC_FLUSH } = zlib.constants;
    const options = { maxOutputLength: maxBytes };
    if (!keepsContext) {
      const whole = { ...options, finishFlush: Z_SYNC_FLUSH };
      return {
        run: (payload) => told(() => owned(zlib.inflateRawSync(payload, whole)), maxBytes),
        close() {},
      };
    }
    const make = () => zlib.createInflateRaw(options);
    let kept = new Kept(make, Z_SYNC_FLUSH);
    return {
      run: (payload) =>
        told(() => {
          const message = kept.run(payload);
          if (message.length > 0) return message;
          // Behind a last block (RFC 7692 §7.2.3.4) a stream takes nothing in: what gives something to
          // a new one starts afresh.
          const next = new Kept(make, Z_SYNC_FLUSH);
          const again = next.run(payload);
          if (again.length === 0) {
            next.close();
            return message;
          }
          kept.close();
          kept = next;
          return again;
        }, maxBytes),
      close: () => kept.close(),
    };
  }
}

/** A stream of `node:zlib` that is used at once and lives on. */
class Kept implements DeflateFlow {
  readonly #stream: ZlibStream;
  readonly #flush: number;

  constructor(make: () => unknown, flush: number) {
    this.#stream = make() as ZlibStream;
    this.#flush = flush;
  }

  run(message: Uint8Array): Bytes {
    const stream = this.#stream;
    const handle = stream._handle!;
    const { close } = stream;
    const closeHandle = handle.close;
    stream.close = handle.close = () => {};
    try {
      return owned(stream._processChunk(message, this.#flush));
    } finally {
      stream._handle = handle;
      stream.close = close;
      handle.close = closeHandle;
      // Each call adds a listener. One must stay: what is thrown here the stream tells once more later.
      stream.removeAllListeners("error");
      stream.on("error", ignore);
    }
  }

  close(): void {
    this.#stream.close();
  }
}

/** Tries it: a message that was sent before must come out short, and whole again. */
function canKeepContext(codec: ZlibCodec): boolean {
  const message = crypto.getRandomValues(new Uint8Array(64));
  try {
    const deflater = codec.deflater(15, true);
    const inflater = codec.inflater(true, 1_000);
    const outcomes = [1, 2].map(() => deflater.run(message)).map((each) => inflater.run(each));
    deflater.close();
    inflater.close();
    return outcomes.every((each) => each.join() === message.join());
  } catch {
    return false;
  }
}

function told(inflate: () => Bytes, maxBytes: number): Bytes {
  try {
    return inflate();
  } catch (error) {
    if ((error as { code?: string }).code === "ERR_BUFFER_TOO_LARGE") {
      throw new LimitError(`Cannot read the message: it inflates to more than ${maxBytes} bytes`, {
        limit: "maxMessageLen",
        cause: error,
      });
    }
    throw new RemoteProtocolError("Cannot read the message: it cannot be inflated", {
      cause: error,
    });
  }
}

/** A buffer of Node's may be a part of one that others use. */
function owned(buffer: Uint8Array): Bytes {
  return buffer.byteLength === buffer.buffer.byteLength
    ? new Uint8Array(buffer.buffer as ArrayBuffer)
    : new Uint8Array(buffer);
}
