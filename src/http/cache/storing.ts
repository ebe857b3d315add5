/**
 * Which responses may be kept (RFC 9111 §3), and which of their fields.
 *
 * @module
 */

import type { Field } from "../../protocol/http1/headers.ts";
import { type Directives, directivesOf, parseCacheControl } from "./directives.ts";
import { namesIn, valueOf, without } from "./fields.ts";
import { lifetimeOf, mayGuess, type Rules } from "./freshness.ts";
import { isVaryingOnAll } from "./vary.ts";
import type { CacheRequest } from "./wish.ts";

/** The head of a response. */
export interface ResponseHeadLike {
  readonly status: number;
  readonly reason: string;
  /** Names in lower case. */
  readonly fields: readonly Field[];
}

/** RFC 9111 §5.2.2.3: statuses whose meaning for a cache is known here. */
const UNDERSTOOD: ReadonlySet<number> = new Set([
  ...[200, 203, 204, 206, 300, 301, 302, 303, 307, 308],
  ...[400, 401, 403, 404, 405, 406, 408, 409, 410, 411, 412, 413, 414, 415, 416, 417],
  ...[421, 422, 425, 426, 428, 429, 431, 451, 500, 501, 502, 503, 504, 505, 506, 511],
]);

/** Fields of one hop, which never reach a store (RFC 9111 §3.1, RFC 9110 §7.6.1). */
const HOP_BY_HOP: ReadonlySet<string> = new Set([
  "connection",
  "keep-alive",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
  "proxy-authenticate",
  "proxy-authentication-info",
  "proxy-authorization",
]);

/** Without these no response could be understood; naming them in `Connection` must not unmake it. */
const NEVER_NOMINATED: ReadonlySet<string> = new Set([
  "cache-control",
  "content-encoding",
  "content-length",
  "content-range",
  "content-type",
  "date",
  "etag",
  "expires",
  "last-modified",
  "vary",
]);

/**
 * RFC 9111 §3: whether a response may be kept.
 *
 * @param request What it answers.
 * @param response Its head.
 * @param responseTime When it came, in milliseconds since the epoch.
 * @param rules How this cache judges.
 */
export function mayStore(
  request: CacheRequest,
  response: ResponseHeadLike,
  responseTime: number,
  rules: Rules,
): boolean {
  const { status, fields } = response;
  const { directives } = directivesOf(fields, rules.targets);
  if (status < 200 || status === 304 || status === 416) return false;
  if (parseCacheControl(request.get("cache-control")).has("no-store")) return false;
  if (isVaryingOnAll(fields)) return false;
  if (isForbidden(status, directives)) return false;
  if (rules.isShared && !mayShare(request, fields, directives)) return false;
  const lifetime = lifetimeOf(status, fields, responseTime, rules);
  const hasValidator = valueOf(fields, "etag") !== null ||
    valueOf(fields, "last-modified") !== null;
  if (request.method === "POST") return lifetime.isExplicit && lifetime.ms > 0;
  if (request.method !== "GET") return false;
  // What has neither a lifetime nor a validator could never be used: it would only take room.
  if (directives.hasUnqualified("no-cache")) return hasValidator;
  if (lifetime.isExplicit) return true;
  return (mayGuess(status, directives) || !rules.isShared && directives.has("private")) &&
    (lifetime.ms > 0 || hasValidator);
}

function isForbidden(status: number, directives: Directives): boolean {
  // RFC 9111 §5.2.2.3: who understands the status passes over `no-store` beside it.
  if (directives.has("must-understand")) return !UNDERSTOOD.has(status);
  return directives.has("no-store");
}

function mayShare(
  request: CacheRequest,
  fields: readonly Field[],
  directives: Directives,
): boolean {
  if (directives.hasUnqualified("private")) return false;
  const isForAll = directives.has("public") || directives.has("s-maxage");
  // RFC 9111 §3.5: what was asked for with credentials, unless the server allows it.
  if (request.get("authorization") !== null) {
    return isForAll || directives.has("must-revalidate");
  }
  // RFC 9111 §7.3 leaves it to the server to forbid; a cookie that reaches a stranger is a session
  // lost, so for many users it has to say that it is meant.
  return isForAll || valueOf(fields, "set-cookie") === null;
}

/**
 * RFC 9111 §3.1: the fields that are kept.
 *
 * `Age` is taken into account elsewhere and made anew for each use. What `no-cache` or, for a shared
 * cache, `private` name must not be used without asking: it is not kept at all.
 */
export function storedFields(fields: readonly Field[], rules: Rules): Field[] {
  const { directives } = directivesOf(fields, rules.targets);
  const dropped = new Set<string>(["age", ...HOP_BY_HOP]);
  // A field that travels with one hop may not poison what later callers get.
  for (const name of namesIn(valueOf(fields, "connection"))) {
    if (!NEVER_NOMINATED.has(name)) dropped.add(name);
  }
  for (const name of directives.fieldsNamedBy("no-cache")) dropped.add(name);
  if (rules.isShared) { for (const name of directives.fieldsNamedBy("private")) dropped.add(name); }
  return without(fields, dropped);
}

/** RFC 9111 §3.2: fields that say how the stored bytes lie, which an update leaves as they are. */
const BOUND_TO_BODY: ReadonlySet<string> = new Set([
  "content-encoding",
  "content-length",
  "content-range",
]);

/**
 * RFC 9111 §3.2: the fields of a stored response after a newer one told of them.
 *
 * @param stored What is kept.
 * @param newer The fields of a 304, of an answer to HEAD, or of another part.
 */
export function updatedFields(
  stored: readonly Field[],
  newer: readonly Field[],
  rules: Rules,
): Field[] {
  const updates = without(storedFields(newer, rules), BOUND_TO_BODY);
  const names = new Set(updates.map(([name]) => name));
  return [...without(stored, names), ...updates];
}
