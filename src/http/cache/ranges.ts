/**
 * Parts of responses: which bytes are asked for, which came, which are here (RFC 9110 §14,
 * RFC 9111 §3.3 and §3.4).
 *
 * @module
 */

import type { Field } from "../../protocol/http1/headers.ts";
import { parseHttpDate } from "../../protocol/http1/http_date.ts";
import type { StoredHead } from "./entry.ts";
import { valueOf, without } from "./fields.ts";
import { isStrong } from "./validation.ts";

/** One range of bytes that is asked for; `last` may be open, or `first` counted from the end. */
export type ByteRange =
  | { readonly first: number; readonly last: number | null }
  | { readonly suffix: number };

/** Reads `Range`; `null` for anything but one range of bytes. */
export function parseRange(text: string): ByteRange | null {
  const found = /^bytes=\s*(\d{0,15})-(\d{0,15})\s*$/i.exec(text);
  if (found === null) return null;
  const [, first, last] = found;
  if (first === "") return last === "" ? null : { suffix: Number(last) };
  if (last === "") return { first: Number(first), last: null };
  return Number(last) < Number(first) ? null : { first: Number(first), last: Number(last) };
}

/** Which bytes a 206 response holds. */
export interface ContentRange {
  readonly first: number;
  readonly last: number;
  /** Bytes of the whole; `null` where the server does not know. */
  readonly total: number | null;
}

/** Reads `Content-Range`; `null` for one that makes no sense. */
export function parseContentRange(text: string | null): ContentRange | null {
  const found = /^bytes (\d{1,15})-(\d{1,15})\/(\d{1,15}|\*)$/i.exec(text ?? "");
  if (found === null) return null;
  const [first, last] = [Number(found[1]), Number(found[2])];
  const total = found[3] === "*" ? null : Number(found[3]);
  if (last < first || (total !== null && last >= total)) return null;
  return { first, last, total };
}

/** Bytes of a stored body, and what they are in the whole. */
export interface Cut {
  /** The first byte that is given, counted in the stored body. */
  readonly start: number;
  /** Behind the last byte. */
  readonly end: number;
  /** What `Content-Range` says of them. */
  readonly contentRange: string;
}

/**
 * Cuts what is asked for out of a stored response.
 *
 * @returns The cut; `null` where not all of it is here, `"unsatisfiable"` where there is no such part.
 */
export function cutOf(head: StoredHead, asked: string): Cut | "unsatisfiable" | null {
  const { part, bodyLength } = head;
  if (part !== null && !part.isExact) {
    // What was answered to the same question can be said again, as it was said.
    if (part.asked !== asked) return null;
    return {
      start: 0,
      end: bodyLength,
      contentRange: valueOf(head.fields, "content-range") ?? "",
    };
  }
  const range = parseRange(asked);
  if (range === null) return null;
  const offset = part?.first ?? 0;
  const total = part === null ? bodyLength : part.total;
  let first: number;
  let last: number;
  if ("suffix" in range) {
    if (total === null) return null;
    if (range.suffix === 0) return "unsatisfiable";
    first = Math.max(0, total - range.suffix);
    last = total - 1;
  } else {
    first = range.first;
    if (total === null && range.last === null) return null;
    last = Math.min(range.last ?? Infinity, total === null ? Infinity : total - 1);
  }
  if (total !== null && first >= total) return "unsatisfiable";
  if (first < offset || last >= offset + bodyLength) return null;
  return {
    start: first - offset,
    end: last + 1 - offset,
    contentRange: `bytes ${first}-${last}/${total ?? "*"}`,
  };
}

/**
 * RFC 9110 §13.1.5: whether the part that is asked for is one of what is stored; where not, the
 * whole is wanted.
 */
export function rangeApplies(fields: readonly Field[], ifRange: string | null): boolean {
  if (ifRange === null) return true;
  if (ifRange.endsWith('"')) {
    // A weak tag never matches here.
    return isStrong(ifRange) && valueOf(fields, "etag") === ifRange;
  }
  const modified = valueOf(fields, "last-modified");
  const date = parseHttpDate(valueOf(fields, "date"), 0);
  const at = parseHttpDate(modified, 0);
  // RFC 9110 §8.8.2.2: a date is strong once the clock has moved on by a second.
  return modified === ifRange && date !== null && at !== null && date - at >= 1000;
}

/** The bytes that two parts of one whole make together. */
export interface Union {
  readonly first: number;
  readonly length: number;
  /** Stored bytes in front of the new ones, counted in the stored body. */
  readonly before: readonly [start: number, end: number] | null;
  /** Stored bytes behind them. */
  readonly after: readonly [start: number, end: number] | null;
}

/** Puts a new part to a stored one; `null` where a gap is between them. */
export function unionOf(stored: StoredHead, range: ContentRange): Union | null {
  const first = stored.part?.first ?? 0;
  const end = first + stored.bodyLength;
  const newEnd = range.last + 1;
  if (range.first > end || newEnd < first) return null;
  return {
    first: Math.min(first, range.first),
    length: Math.max(end, newEnd) - Math.min(first, range.first),
    before: range.first > first ? [0, range.first - first] : null,
    after: end > newEnd ? [newEnd - first, stored.bodyLength] : null,
  };
}

/** RFC 9111 §3.4: whether a stored response and a new part are of the same whole for certain. */
export function areOfOneWhole(stored: StoredHead, part: readonly Field[]): boolean {
  const etag = valueOf(stored.fields, "etag");
  return etag !== null && isStrong(etag) && etag === valueOf(part, "etag") &&
    valueOf(stored.fields, "content-encoding") === valueOf(part, "content-encoding") &&
    (stored.part === null || stored.part.isExact);
}

const RANGE_FIELDS: ReadonlySet<string> = new Set(["content-range", "content-length"]);

/** The fields of another cut of the same response. */
export function cutFields(fields: readonly Field[], cut: Cut): Field[] {
  return [
    ...without(fields, RANGE_FIELDS),
    ["content-range", cut.contentRange],
    ["content-length", String(cut.end - cut.start)],
  ];
}

/** The fields of a whole that was put together from parts. */
export function wholeFields(fields: readonly Field[], length: number): Field[] {
  return [...without(fields, RANGE_FIELDS), ["content-length", String(length)]];
}
