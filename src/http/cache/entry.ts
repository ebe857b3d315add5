/**
 * What a cache knows of a response it keeps.
 *
 * @module
 */

import type { Field } from "../../protocol/http1/headers.ts";

/** A field of the request that chose the response, and its value, made comparable. */
export type VaryPart = readonly [name: string, value: string | null];

/** Which bytes of the whole a stored 206 response holds. */
export interface Part {
  /** The first byte's place. */
  readonly first: number;
  /** Bytes of the whole; `null` where the server does not know. */
  readonly total: number | null;
  /** What `Range` had asked. */
  readonly asked: string;
  /**
   * Whether the bytes are as many as `Content-Range` says. Where not, the response can answer the
   * same question once more, but nothing can be cut out of it.
   */
  readonly isExact: boolean;
}

/** The head of a stored response, and all that is known about it; plain data. */
export interface StoredHead {
  /** Where it came from, without a fragment. */
  readonly url: string;
  /** The status. */
  readonly status: number;
  /** The reason phrase. */
  readonly reason: string;
  /** The fields that are kept, names in lower case. */
  readonly fields: readonly Field[];
  /** What a request must have said alike to be answered with it (RFC 9111 §4.1). */
  readonly vary: readonly VaryPart[];
  /** When it was asked for, in milliseconds since the epoch. */
  readonly requestTime: number;
  /** When it came. */
  readonly responseTime: number;
  /** Milliseconds that it was old when it came (RFC 9111 §4.2.3). */
  readonly initialAgeMs: number;
  /** Bytes of the body that are kept, still in their content coding. */
  readonly bodyLength: number;
  /** Which bytes of the whole these are; `null` for all. */
  readonly part: Part | null;
  /** Whether something since has shown that it may be outdated. */
  readonly isDoubtful: boolean;
}

/** A stored response, as its store hands it out. Two of the same response need not be one object. */
export interface StoredEntry {
  /** The key it is kept under. */
  readonly key: string;
  /** What is known of it. A head that is freshened is another one. */
  readonly head: StoredHead;
}
