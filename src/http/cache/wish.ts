/**
 * What a request allows and asks of a cache (RFC 9111 §5.2.1), and how the modes of Fetch say it.
 *
 * @module
 */

import { deltaSeconds, type Directives, parseCacheControl } from "./directives.ts";
import type { Policy } from "./policy.ts";

/** How a request uses the cache, as Fetch names it. */
export type CacheMode =
  | "default"
  | "no-store"
  | "reload"
  | "no-cache"
  | "force-cache"
  | "only-if-cached";

/** A request, as far as a cache looks at it. */
export interface CacheRequest {
  /** The method. */
  readonly method: string;
  /** The URL, normalized, without a fragment. */
  readonly url: string;
  /** The values of a field as it will be sent, joined by commas; `null` where it is absent. */
  get(name: string): string | null;
  /** How the cache is used. */
  readonly mode: CacheMode;
  /** Ends a wait for another's answer when it fires. */
  readonly signal?: AbortSignal;
  /** Milliseconds that such a wait may take. */
  readonly timeoutMs?: number;
}

/** A request's wishes. */
export interface Wish {
  readonly mode: CacheMode;
  /** Nothing of it is to be looked up or kept. */
  readonly isUncached: boolean;
  /** A stored response is to be validated whatever its age. */
  readonly isValidated: boolean;
  /** Nothing may be sent. */
  readonly onlyIfCached: boolean;
  /** The greatest age that is taken. */
  readonly maxAgeMs: number;
  /** For how long it must stay fresh. */
  readonly minFreshMs: number;
  /** How long past its lifetime it is still taken. */
  readonly maxStaleMs: number;
  /** How long past its lifetime it is taken in place of an error. */
  readonly ifErrorMs: number;
  /** What `Range` asks for. */
  readonly range: string | null;
  readonly ifRange: string | null;
  readonly ifNoneMatch: string | null;
  readonly ifModifiedSince: string | null;
  /** Whether it can be answered as it stands once a response is chosen. */
  readonly isPlain: boolean;
}

/** The wishes of a request that says nothing about caches. */
export const PLAIN_WISH: Wish = {
  mode: "default",
  isUncached: false,
  isValidated: false,
  onlyIfCached: false,
  maxAgeMs: Infinity,
  minFreshMs: 0,
  maxStaleMs: 0,
  ifErrorMs: 0,
  range: null,
  ifRange: null,
  ifNoneMatch: null,
  ifModifiedSince: null,
  isPlain: true,
};

/** Reads a request's wishes. */
export function wishOf(request: CacheRequest): Wish {
  const { mode } = request;
  const control = request.get("cache-control");
  const pragma = request.get("pragma");
  const range = request.get("range");
  const ifNoneMatch = request.get("if-none-match");
  const ifModifiedSince = request.get("if-modified-since");
  // RFC 9111 §4.3.2: these are for the origin alone.
  const isForOrigin = request.get("if-match") !== null ||
    request.get("if-unmodified-since") !== null;
  if (
    mode === "default" && control === null && pragma === null && range === null &&
    ifNoneMatch === null && ifModifiedSince === null && !isForOrigin
  ) return PLAIN_WISH;
  const directives = parseCacheControl(control);
  // RFC 9111 §5.4: deprecated, but who sends it alone means it.
  const isPragma = control === null && pragma !== null && /(^|,)\s*no-cache\s*(,|$)/i.test(pragma);
  return {
    mode,
    isUncached: mode === "no-store" || directives.has("no-store") || isForOrigin,
    isValidated: directives.has("no-cache") || isPragma,
    onlyIfCached: mode === "only-if-cached" || directives.has("only-if-cached"),
    maxAgeMs: directives.milliseconds("max-age") ?? Infinity,
    minFreshMs: directives.milliseconds("min-fresh") ?? 0,
    maxStaleMs: maxStaleOf(directives),
    ifErrorMs: directives.milliseconds("stale-if-error") ?? 0,
    range,
    ifRange: request.get("if-range"),
    ifNoneMatch,
    ifModifiedSince,
    isPlain: range === null && ifNoneMatch === null && ifModifiedSince === null,
  };
}

/** RFC 9111 §5.2.1.2: without a value any staleness will do. */
function maxStaleOf(directives: Directives): number {
  if (!directives.has("max-stale")) return 0;
  const value = directives.first("max-stale");
  return value === null ? Infinity : 1000 * (deltaSeconds(value) ?? 0);
}

/** What may be done with a stored response. */
export type Verdict = "use" | "use and validate behind" | "validate";

/** RFC 9111 §4: whether a stored response may answer a request now. */
export function verdictOn(policy: Policy, wish: Wish, now: number): Verdict {
  const staleness = policy.stalenessAt(now);
  if (wish === PLAIN_WISH && staleness < 0 && !policy.mustValidate) return "use";
  switch (wish.mode) {
    case "force-cache":
    case "only-if-cached":
      return "use";
    case "no-cache":
      return policy.isImmutable && staleness < 0 ? "use" : "validate";
  }
  if (wish.isValidated || policy.mustValidate) return "validate";
  const age = policy.lifetimeMs + staleness;
  if (wish.maxAgeMs === 0 || age > wish.maxAgeMs) return "validate";
  if (wish.minFreshMs > 0 && -staleness < wish.minFreshMs) return "validate";
  if (staleness < 0) return "use";
  if (policy.forbidsStale) return "validate";
  if (wish.maxStaleMs > 0 && staleness <= wish.maxStaleMs) return "use";
  return staleness < policy.whileRevalidateMs ? "use and validate behind" : "validate";
}

/** RFC 5861 §4: whether a stored response may stand in for an error. */
export function maySurviveError(policy: Policy, wish: Wish, now: number): boolean {
  if (policy.forbidsStale) return false;
  return policy.stalenessAt(now) < Math.max(policy.ifErrorMs, wish.ifErrorMs);
}
