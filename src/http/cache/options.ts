/**
 * What a cache is made with.
 *
 * @module
 */

import { count, span } from "../settings.ts";
import type { Rules } from "./freshness.ts";

/** What every kind of cache can be told. */
export interface CacheOptions {
  /**
   * Whether it serves several users, as a proxy's does: `private` answers, and most of those to
   * requests with `Authorization`, are not kept then, and `s-maxage` and `CDN-Cache-Control` count.
   * Default `false`.
   */
  shared?: boolean;
  /** Bytes that it holds, heads included; the least recently used go first. */
  maxBytes?: number;
  /** Bytes of the largest body that is kept. Default: an eighth of `maxBytes`. */
  maxEntryBytes?: number;
  /** Stale responses being validated behind the callers' backs, at once. Default 8; 0 for none. */
  maxBackground?: number;
  /** Milliseconds that such a validation may take, its body included. Default 30,000. */
  backgroundTimeoutMs?: number;
  /** Bytes of a body that is read to be kept though its caller gave it up. Default 64 KiB. */
  maxDrainBytes?: number;
  /**
   * Fields aimed at this cache in place of `Cache-Control`, the most precise first (RFC 9213).
   * Default: `CDN-Cache-Control` for a shared cache, none for a private one.
   */
  targets?: readonly string[];
  /** What time it is, in milliseconds since the epoch. Default `Date.now`. */
  clock?: () => number;
}

/** Options with nothing left open. */
export interface CacheSettings {
  readonly rules: Rules;
  readonly maxBytes: number;
  readonly maxEntryBytes: number;
  readonly maxBackground: number;
  readonly backgroundTimeoutMs: number;
  readonly maxDrainBytes: number;
  readonly clock: () => number;
}

/**
 * Fills in the defaults.
 *
 * @param options What was given.
 * @param maxBytes The default for this kind of cache.
 * @throws {RangeError} Where a limit makes no sense.
 */
export function cacheSettings(options: CacheOptions, maxBytes: number): CacheSettings {
  const isShared = options.shared ?? false;
  const most = count("maxBytes", options.maxBytes, maxBytes, 0);
  return {
    rules: {
      isShared,
      targets: (options.targets ?? (isShared ? ["cdn-cache-control"] : []))
        .map((name) => name.toLowerCase()),
    },
    maxBytes: most,
    maxEntryBytes: count("maxEntryBytes", options.maxEntryBytes, Math.floor(most / 8), 0),
    maxBackground: count("maxBackground", options.maxBackground, 8, 0),
    backgroundTimeoutMs: span("backgroundTimeoutMs", options.backgroundTimeoutMs, 30_000),
    maxDrainBytes: count("maxDrainBytes", options.maxDrainBytes, 64 * 1024, 0),
    clock: options.clock ?? Date.now,
  };
}

/** What a cache holds and has done. */
export interface CacheStats {
  /** Responses held. */
  readonly entries: number;
  /** Bytes held, heads included. */
  readonly bytes: number;
  /** Requests answered without asking the origin. */
  readonly hits: number;
  /** Those of them that got a stale response. */
  readonly staleHits: number;
  /** Requests for which the origin said that what is held still holds. */
  readonly validated: number;
  /** Requests that the origin had to answer. */
  readonly misses: number;
  /** Requests that waited for another's answer. */
  readonly shared: number;
  /** Responses that were kept. */
  readonly stored: number;
}
