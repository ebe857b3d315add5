/**
 * Answers made of what is stored (RFC 9111 §4).
 *
 * @module
 */

import type { Field } from "../../protocol/http1/headers.ts";
import type { ResponseBody } from "../response_body.ts";
import type { StoredEntry, StoredHead } from "./entry.ts";
import { ageField, type Policy } from "./policy.ts";
import { cutFields, cutOf, rangeApplies } from "./ranges.ts";
import { type CacheStore, type Eventually, orElse, type StoredBytes } from "./store.ts";
import { StoredBody } from "./stored_body.ts";
import type { ResponseHeadLike } from "./storing.ts";
import { callerHasIt, notModifiedFields } from "./validation.ts";
import type { CacheRequest, Wish } from "./wish.ts";

/** An answer that came from the origin. */
export interface OriginResponse extends ResponseHeadLike {
  /** Its body, still in its content coding; `null` where it has none. */
  readonly body: ResponseBody | null;
}

/** An answer that the cache has made. */
export interface StoredAnswer extends ResponseHeadLike {
  readonly kind: "stored";
  readonly body: ResponseBody | null;
}

/** What a request is answered with. */
export type Answer<R extends OriginResponse> =
  | StoredAnswer
  | {
    readonly kind: "origin";
    /** The origin's answer as it came. */
    readonly response: R;
    /** What is read in place of its body, so that it is kept. */
    readonly body: ResponseBody | null;
  };

/** Statuses without a body. */
const BODILESS: ReadonlySet<number> = new Set([204, 205, 304]);

/** RFC 9111 §5.1: fields with the age that a response has now. */
export function agedFields(head: StoredHead, now: number): Field[] {
  return [...head.fields, ["age", ageField(head, now)]];
}

/**
 * Answers a request with what is stored.
 *
 * @returns The answer; `null` where the stored response cannot give it after all.
 */
export function answerWith(
  store: CacheStore,
  entry: StoredEntry,
  policy: Policy,
  request: CacheRequest,
  wish: Wish,
  now: number,
): Eventually<StoredAnswer | null> {
  const { head } = entry;
  const { status, reason } = head;
  const fields = agedFields(head, now);
  const isHead = request.method === "HEAD";
  if (wish.isPlain || isHead) {
    if (head.part !== null) return null;
    if (isHead || BODILESS.has(status)) {
      return { kind: "stored", status, reason, fields, body: null };
    }
    return opened(store, entry, 0, head.bodyLength, { status, reason, fields });
  }
  if (callerHasIt(head, policy, wish, now)) {
    const told = { status: 304, reason: "Not Modified", fields: notModifiedFields(fields) };
    return { kind: "stored", ...told, body: null };
  }
  if (wish.range === null || !rangeApplies(head.fields, wish.ifRange)) {
    if (head.part !== null) return null;
    return opened(store, entry, 0, head.bodyLength, { status, reason, fields });
  }
  const cut = status === 200 || status === 206 ? cutOf(head, wish.range) : null;
  // How a range that cannot be had is refused is for the origin to say.
  if (cut === null || cut === "unsatisfiable") return null;
  const partial = { status: 206, reason: "Partial Content", fields: cutFields(fields, cut) };
  return opened(store, entry, cut.start, cut.end, partial);
}

function opened(
  store: CacheStore,
  entry: StoredEntry,
  start: number,
  end: number,
  head: ResponseHeadLike,
): Eventually<StoredAnswer | null> {
  const bytes = orElse(store.open(entry, start, end), null);
  return bytes instanceof Promise ? bytes.then((each) => over(each, head)) : over(bytes, head);
}

function over(bytes: StoredBytes | null, head: ResponseHeadLike): StoredAnswer | null {
  if (bytes === null) return null;
  const { status, reason, fields } = head;
  return { kind: "stored", status, reason, fields, body: new StoredBody(bytes) };
}

/** RFC 9111 §5.2.1.7 and §5.2.2.2: the answer of a cache that has none and can get none. */
export function gatewayTimeout(): StoredAnswer {
  return {
    kind: "stored",
    status: 504,
    reason: "Gateway Timeout",
    fields: [["content-length", "0"]],
    body: new StoredBody(new Uint8Array(0)),
  };
}
