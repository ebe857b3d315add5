/**
 * A cookie, and the circumstances under which one is set or asked for.
 *
 * @module
 */

/** What `SameSite` says of the requests that a cookie goes along with. */
export type SameSite = "strict" | "lax" | "none";

/** A cookie as a jar keeps it (RFC 6265bis §5.7). Times are milliseconds since the epoch. */
export interface Cookie {
  /** Its name; empty only where the jar keeps cookies without one. */
  readonly name: string;
  /** Its value, quotes included. */
  readonly value: string;
  /** The host it belongs to, in lower case and ASCII, without a leading dot. */
  readonly domain: string;
  /** The path it belongs to. */
  readonly path: string;
  /** Whether it goes to `domain` alone, not to the hosts below it. */
  readonly hostOnly: boolean;
  /** Whether it goes over secure connections only. */
  readonly secure: boolean;
  /** Whether it is kept from what is not HTTP. */
  readonly httpOnly: boolean;
  /** What `SameSite` said; `null` where it said nothing, which counts as `"lax"`. */
  readonly sameSite: SameSite | null;
  /** When it expires; `null` for one that ends with the session. */
  readonly expires: number | null;
  /** When it was first set; setting it again does not change that. */
  readonly created: number;
  /** When it was last set or asked for. */
  readonly lastUsed: number;
}

/** How a request came about, for whoever plays a browser. A client's own requests are first-hand. */
export interface CookieContext {
  /**
   * Who led to the request: the same site, as is taken where nothing is told; another one; or another
   * one through a link, which is a top-level navigation by a safe method.
   */
  site?: "same-site" | "cross-site" | "cross-site-navigation";
  /** `false` where it is a script that sets or asks: `HttpOnly` cookies are neither seen nor touched. */
  http?: boolean;
}

/** A cookie in a store: the same, with what the store must tell apart within one millisecond. */
export interface StoredCookie extends Cookie {
  lastUsed: number;
  /** The number under which it was first set. */
  readonly order: number;
  /** The number of its last use. */
  lastUse: number;
}

/** Whether a cookie's time is over. One with `Max-Age=1` lives for a second and not longer. */
export function isExpired(cookie: Cookie, now: number): boolean {
  return cookie.expires !== null && cookie.expires <= now;
}

/** The order in which cookies are sent: longer paths first, then those set earlier (§5.8.3). */
export function bySendingOrder(a: StoredCookie, b: StoredCookie): number {
  return b.path.length - a.path.length || byAge(a, b);
}

/** The order in which cookies were set. */
export function byAge(a: StoredCookie, b: StoredCookie): number {
  return a.created - b.created || a.order - b.order;
}
