/**
 * Two bodies, one after the other.
 *
 * @module
 */

import type { LasaError } from "../../errors.ts";
import type { ReceivedFields } from "../../protocol/http1/headers.ts";
import type { ResponseBody } from "../response_body.ts";

/** A stored beginning and the rest as it comes. */
export class JoinedBody implements ResponseBody {
  readonly #first: ResponseBody;
  readonly #second: ResponseBody;

  /** Joins them. */
  constructor(first: ResponseBody, second: ResponseBody) {
    this.#first = first;
    this.#second = second;
  }

  get isClaimed(): boolean {
    return this.#second.isClaimed;
  }

  /** It is read piece by piece, wherever its pieces are. */
  get hasEnded(): boolean {
    return false;
  }

  get error(): LasaError | null {
    return this.#first.error ?? this.#second.error;
  }

  get trailers(): ReceivedFields {
    return this.#second.trailers;
  }

  claim(): void {
    this.#second.claim();
    this.#first.claim();
  }

  takeWhole(): null {
    return null;
  }

  async read(): Promise<Uint8Array<ArrayBuffer> | null> {
    return await this.#first.read() ?? await this.#second.read();
  }

  cancel(): void {
    this.#first.cancel();
    this.#second.cancel();
  }

  whenOver(callback: () => void): void {
    this.#second.whenOver(callback);
  }
}
