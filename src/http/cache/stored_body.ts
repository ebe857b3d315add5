/**
 * A body that comes out of a store.
 *
 * @module
 */

import { BrokenError, LasaError, LocalProtocolError } from "../../errors.ts";
import { NO_FIELDS, type ReceivedFields } from "../../protocol/http1/headers.ts";
import { refusal } from "../../thread/wait.ts";
import type { Pieces } from "../decode.ts";
import type { ResponseBody } from "../response_body.ts";
import type { StoredBytes } from "./store.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** What is handed out at once of a body that is all here. */
const PIECE_BYTES = 64 * 1024;

/** A stored body on its way to one caller. */
export class StoredBody implements ResponseBody {
  #bytes: Bytes | null;
  readonly #pieces: Pieces | null;
  #at = 0;
  #state: "open" | "ended" | "failed" | "cancelled" = "open";
  #error: LasaError | null = null;
  #onOver: (() => void)[] = [];
  isClaimed = false;

  /** Takes what a store gave. */
  constructor(source: StoredBytes) {
    if (source instanceof Uint8Array) {
      this.#bytes = source;
      this.#pieces = null;
    } else {
      this.#bytes = null;
      this.#pieces = source;
    }
  }

  get hasEnded(): boolean {
    return this.#bytes !== null || this.#state === "ended";
  }

  get error(): LasaError | null {
    return this.#error;
  }

  get trailers(): ReceivedFields {
    return NO_FIELDS;
  }

  claim(): void {
    if (this.isClaimed) {
      throw new LocalProtocolError("Cannot read the body: it has been read already");
    }
    this.isClaimed = true;
  }

  /** The stored bytes themselves: who hands them on copies them. */
  takeWhole(): Bytes | null {
    const bytes = this.#bytes;
    if (bytes === null || this.#at > 0 || this.#state !== "open") return null;
    this.#end("ended");
    return bytes;
  }

  read(): Promise<Bytes | null> {
    const error = refusal();
    if (error !== null) {
      this.cancel();
      return Promise.reject(error);
    }
    if (this.#state === "failed") return Promise.reject(this.#error);
    if (this.#state === "cancelled") {
      return Promise.reject(new LocalProtocolError("Cannot read the body: it was cancelled"));
    }
    if (this.#state === "ended") return Promise.resolve(null);
    const bytes = this.#bytes;
    if (bytes === null) return this.#next(this.#pieces!);
    if (this.#at >= bytes.length) {
      this.#end("ended");
      return Promise.resolve(null);
    }
    // A copy: the caller may write to it, and the next one must get what was stored.
    const piece = bytes.slice(this.#at, this.#at + PIECE_BYTES);
    this.#at += piece.length;
    return Promise.resolve(piece);
  }

  cancel(): void {
    if (this.#state !== "open") return;
    this.#pieces?.cancel();
    this.#end("cancelled");
  }

  whenOver(callback: () => void): void {
    // As with one that comes over the wire: it is over once all of it is here, read or not.
    if (this.#state !== "open" || this.hasEnded) callback();
    else this.#onOver.push(callback);
  }

  async #next(pieces: Pieces): Promise<Bytes | null> {
    try {
      const piece = await pieces.read();
      if (piece === null && this.#state === "open") this.#end("ended");
      return piece;
    } catch (cause) {
      this.#error = cause instanceof LasaError
        ? cause
        : new BrokenError("Cannot read the body: it cannot be read from the cache", {
          code: "cache",
          cause,
        });
      if (this.#state === "open") this.#end("failed");
      throw this.#error;
    }
  }

  #end(state: "ended" | "failed" | "cancelled"): void {
    this.#state = state;
    this.#bytes = this.#bytes === null ? null : EMPTY;
    for (const callback of this.#onOver.splice(0)) callback();
  }
}

const EMPTY = new Uint8Array(0);
