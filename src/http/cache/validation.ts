/**
 * Asking whether a stored response still holds, and answering those who ask (RFC 9111 §4.3).
 *
 * @module
 */

import type { Field } from "../../protocol/http1/headers.ts";
import { parseHttpDate } from "../../protocol/http1/http_date.ts";
import type { StoredHead } from "./entry.ts";
import { valueOf, without } from "./fields.ts";
import type { Policy } from "./policy.ts";
import type { Wish } from "./wish.ts";

/** Whether an entity tag is a strong one (RFC 9110 §8.8.1). */
export function isStrong(etag: string): boolean {
  return !etag.startsWith("W/");
}

/** RFC 9110 §8.8.3.2: the weak comparison, which is the one for validating. */
export function matchesWeakly(one: string, other: string): boolean {
  return opaque(one) === opaque(other);
}

function opaque(etag: string): string {
  return isStrong(etag) ? etag : etag.slice(2);
}

const TAGS = /(?:W\/)?"[^"]*"|[^\s,]+/g;

/** The entity tags of `If-None-Match`; commas may stand within them. */
export function tagsIn(text: string): string[] {
  return text.match(TAGS) ?? [];
}

/**
 * RFC 9111 §4.3.1: what is added to a request to validate a stored response.
 *
 * @returns The fields, to replace those of the same name; none where there is nothing to validate with.
 */
export function conditionsFor(policy: Policy, wish: Wish): Field[] {
  const fields: Field[] = [];
  const { etag, lastModified } = policy;
  if (etag !== null) {
    // The caller's own tags are kept: what it has may be what the server has now.
    const own = wish.ifNoneMatch === null ? [] : tagsIn(wish.ifNoneMatch);
    fields.push(["If-None-Match", [etag, ...own.filter((tag) => tag !== etag)].join(", ")]);
  }
  if (lastModified !== null) fields.push(["If-Modified-Since", lastModified]);
  return fields;
}

/** RFC 9111 §4.3.4: whether a 304 speaks of the stored response that was asked about. */
export function isAbout(policy: Policy, fields: readonly Field[]): boolean {
  const etag = valueOf(fields, "etag");
  if (etag !== null && policy.etag !== null) return matchesWeakly(etag, policy.etag);
  const modified = valueOf(fields, "last-modified");
  if (policy.etag === null && modified !== null && policy.lastModified !== null) {
    return modified === policy.lastModified;
  }
  // It says nothing of what it is about, or cannot be compared: the one that was asked about.
  return true;
}

/**
 * RFC 9111 §4.3.2: whether a caller who asks on a condition has what is stored, and is told so.
 *
 * @param now Milliseconds since the epoch.
 */
export function callerHasIt(head: StoredHead, policy: Policy, wish: Wish, now: number): boolean {
  if (head.status !== 200) return false;
  if (wish.ifNoneMatch !== null) {
    const tags = tagsIn(wish.ifNoneMatch);
    if (tags.includes("*")) return true;
    return policy.etag !== null && tags.some((tag) => matchesWeakly(tag, policy.etag!));
  }
  const since = parseHttpDate(wish.ifModifiedSince, now);
  if (since === null) return false;
  // Without a date of change, that of the response itself is the best there is.
  return (parseHttpDate(policy.lastModified, now) ?? policy.date) <= since;
}

/** Fields that a 304 leaves out: what describes a body that does not come (RFC 9110 §15.4.5). */
const OF_THE_BODY: ReadonlySet<string> = new Set([
  "content-encoding",
  "content-length",
  "content-range",
  "content-type",
]);

/** The fields of a 304 that is made here. */
export function notModifiedFields(fields: readonly Field[]): Field[] {
  return without(fields, OF_THE_BODY);
}

/** RFC 9111 §4.3.5: whether the answer to a HEAD is about the stored response, which it then updates. */
export function isHeadOf(head: StoredHead, fields: readonly Field[]): boolean {
  for (const name of ["etag", "last-modified"]) {
    const value = valueOf(fields, name);
    if (value !== null && value !== valueOf(head.fields, name)) return false;
  }
  const length = valueOf(fields, "content-length");
  if (length === null) return true;
  const stored = valueOf(head.fields, "content-length") ?? String(head.bodyLength);
  return head.part === null && length === stored;
}
