/**
 * What of an answer is kept, under which key, and in place of what.
 *
 * @module
 */

import type { Field } from "../../protocol/http1/headers.ts";
import { formatHttpDate } from "../../protocol/http1/http_date.ts";
import type { Part, StoredEntry, StoredHead } from "./entry.ts";
import { valueOf } from "./fields.ts";
import { initialAgeOf, type Rules } from "./freshness.ts";
import { looseKeyOf, queryRuleOf } from "./no_vary_search.ts";
import { areOfOneWhole, parseContentRange, type Union, unionOf, wholeFields } from "./ranges.ts";
import { mayStore, type ResponseHeadLike, storedFields, updatedFields } from "./storing.ts";
import { varyOf } from "./vary.ts";
import type { CacheRequest, Wish } from "./wish.ts";

/** When something was asked for and when it came, in milliseconds since the epoch. */
export interface Moments {
  readonly requestTime: number;
  readonly responseTime: number;
}

/** Bytes of a stored body that go in front of, or behind, what comes. */
export interface StoredCut {
  readonly entry: StoredEntry;
  readonly start: number;
  readonly end: number;
}

/** How a response is kept. */
export interface Keeping {
  readonly key: string;
  readonly replaced: readonly StoredEntry[];
  readonly before: StoredCut | null;
  readonly after: StoredCut | null;
  /** Its head, once it is known how many bytes of its body are kept, those of the cuts included. */
  headOf(bodyLength: number): StoredHead;
}

/**
 * Decides how a response is kept.
 *
 * @param candidates What is stored for requests like this one, the newest first.
 * @returns How; `null` where it is not kept.
 */
export function keepingOf(
  request: CacheRequest,
  wish: Wish,
  response: ResponseHeadLike,
  candidates: readonly StoredEntry[],
  moments: Moments,
  rules: Rules,
): Keeping | null {
  if (!mayStore(request, response, moments.responseTime, rules)) return null;
  if (response.status === 206) return keepPart(request, wish, response, candidates, moments, rules);
  const head = newHead(request, response, moments, rules);
  return {
    key: keyOf(request.url, head.fields),
    replaced: candidates,
    before: null,
    after: null,
    headOf: (bodyLength) => ({ ...head, bodyLength }),
  };
}

function keepPart(
  request: CacheRequest,
  wish: Wish,
  response: ResponseHeadLike,
  candidates: readonly StoredEntry[],
  moments: Moments,
  rules: Rules,
): Keeping | null {
  const range = parseContentRange(valueOf(response.fields, "content-range"));
  // Several parts in one body, or one that says nothing of its place.
  if (range === null || wish.range === null) return null;
  const head = newHead(request, response, moments, rules);
  const key = keyOf(request.url, head.fields);
  const expected = range.last + 1 - range.first;
  const stored = candidates.find((each) => areOfOneWhole(each.head, response.fields));
  const union = stored === undefined ? null : unionOf(stored.head, range);
  if (stored === undefined || union === null) {
    const partOf = (bodyLength: number): Part => ({
      first: range.first,
      total: range.total,
      asked: wish.range!,
      isExact: bodyLength === expected,
    });
    return {
      key,
      replaced: candidates,
      before: null,
      after: null,
      headOf: (bodyLength) => ({ ...head, bodyLength, part: partOf(bodyLength) }),
    };
  }
  return {
    key,
    replaced: candidates,
    before: cut(stored, union.before),
    after: cut(stored, union.after),
    headOf: (bodyLength) => combinedHead(stored.head, head, union, range.total, bodyLength, rules),
  };
}

function cut(entry: StoredEntry, range: readonly [number, number] | null): StoredCut | null {
  return range === null ? null : { entry, start: range[0], end: range[1] };
}

/** RFC 9111 §3.4: the head of two parts together; a 200 once nothing is missing. */
export function combinedHead(
  stored: StoredHead,
  newer: StoredHead,
  union: Union,
  total: number | null,
  bodyLength: number,
  rules: Rules,
): StoredHead {
  const fields = updatedFields(stored.fields, newer.fields, rules);
  const isExact = bodyLength === union.length;
  if (isExact && union.first === 0 && union.length === total) {
    const whole = wholeFields(fields, bodyLength);
    return { ...newer, status: 200, reason: "OK", fields: whole, bodyLength, part: null };
  }
  const last = union.first + bodyLength - 1;
  return {
    ...newer,
    status: 206,
    reason: "Partial Content",
    fields: [
      ...wholeFields(fields, bodyLength),
      ["content-range", `bytes ${union.first}-${last}/${total ?? "*"}`],
    ],
    bodyLength,
    part: { first: union.first, total, asked: "", isExact },
  };
}

/** The head of a response that has just come. */
export function newHead(
  request: CacheRequest,
  response: ResponseHeadLike,
  { requestTime, responseTime }: Moments,
  rules: Rules,
): StoredHead {
  return {
    url: request.url,
    status: response.status,
    reason: response.reason,
    fields: dated(storedFields(response.fields, rules), responseTime),
    vary: varyOf(response.fields, request, rules),
    requestTime,
    responseTime,
    initialAgeMs: initialAgeOf(response.fields, requestTime, responseTime),
    bodyLength: 0,
    part: null,
    isDoubtful: false,
  };
}

/** RFC 9111 §3.2: a stored head after a 304, or the answer to a HEAD, has told of it. */
export function freshenedHead(
  head: StoredHead,
  fields: readonly Field[],
  { requestTime, responseTime }: Moments,
  rules: Rules,
): StoredHead {
  return {
    ...head,
    fields: updatedFields(head.fields, dated(fields, responseTime), rules),
    requestTime,
    responseTime,
    initialAgeMs: initialAgeOf(fields, requestTime, responseTime),
    isDoubtful: false,
  };
}

/** RFC 9110 §6.6.1: what comes without a date gets that of its coming. */
function dated(fields: readonly Field[], responseTime: number): Field[] {
  if (valueOf(fields, "date") !== null) return [...fields];
  return [...fields, ["date", formatHttpDate(responseTime)]];
}

/** Where a response is kept: under its URL, or where its query does not count in full, without it. */
function keyOf(url: string, fields: readonly Field[]): string {
  return queryRuleOf(fields) === null ? url : looseKeyOf(url);
}
