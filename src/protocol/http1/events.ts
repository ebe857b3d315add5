/**
 * What the reader tells and what the writer takes.
 *
 * @module
 */

import type { ResponseHead } from "./response_head.ts";
import type { Field, ReceivedFields, SentFields } from "./headers.ts";

/** What {@linkcode ResponseReader.nextEvent} gives. */
export type ResponseEvent =
  | { readonly type: "informational"; readonly head: ResponseHead }
  | { readonly type: "response"; readonly head: ResponseHead }
  | { readonly type: "data"; readonly bytes: Uint8Array<ArrayBuffer> }
  | { readonly type: "end"; readonly trailers: ReceivedFields }
  /** The connection now speaks another protocol; `rest` are its first bytes. */
  | { readonly type: "tunnel"; readonly rest: Uint8Array<ArrayBuffer> }
  /** No further response will come. */
  | { readonly type: "closed" };

/** What {@linkcode RequestWriter.send} takes. */
export type RequestEvent =
  | {
    readonly type: "request";
    readonly method: string;
    readonly target: string;
    readonly fields: SentFields;
    /** The body's length, `"chunked"`, or 0 for none. */
    readonly bodyLength: number | "chunked";
    /** Whether the server is asked to say that it wants the body (RFC 9110 §10.1.1). */
    readonly expectsContinue?: boolean;
  }
  | { readonly type: "data"; readonly bytes: Uint8Array }
  | { readonly type: "end"; readonly trailers?: Iterable<Field> };
