/**
 * A response's body, wherever its bytes come from.
 *
 * @module
 */

import type { LasaError } from "../errors.ts";
import type { ReceivedFields } from "../protocol/http1/headers.ts";
import type { Pieces } from "./decode.ts";

/** A body that is read once. */
export interface ResponseBody extends Pieces {
  /** Whether somebody has begun to read it. */
  readonly isClaimed: boolean;
  /** Whether all of it is here. */
  readonly hasEnded: boolean;
  /** Why it failed. */
  readonly error: LasaError | null;
  /** The trailer fields; there once the body has ended. */
  readonly trailers: ReceivedFields;
  /** Takes the right to read it, which there is once. @throws {LocalProtocolError} The second time. */
  claim(): void;
  /** All of it at once, where all of it is here and nothing has been taken; `null` otherwise. */
  takeWhole(): Uint8Array<ArrayBuffer> | null;
  /** Calls back once it has ended, failed or been cancelled. */
  whenOver(callback: () => void): void;
}
