/**
 * Where a jar keeps its cookies, how many, and which go first when there are too many
 * (RFC 6265bis §5.7, "excess cookies").
 *
 * @module
 */

import { byAge, type Cookie, isExpired, type StoredCookie } from "./cookie.ts";
import { domainMatches, domainsOf } from "./matching.ts";

/** How many cookies a store holds. */
export interface StoreLimits {
  readonly maxCookies: number;
  readonly maxCookiesPerDomain: number;
}

/** Cookies by domain; two are one where name, path, domain and `hostOnly` are the same. */
export class CookieStore {
  readonly #limits: StoreLimits;
  readonly #domains = new Map<string, Map<string, StoredCookie>>();
  #size = 0;
  #count = 0;

  constructor(limits: StoreLimits) {
    this.#limits = limits;
  }

  /** How many there are. */
  get size(): number {
    return this.#size;
  }

  /** The cookie in whose place another would come. */
  find(cookie: Cookie): StoredCookie | undefined {
    return this.#domains.get(cookie.domain)?.get(keyOf(cookie));
  }

  /** Puts a cookie in, in the place of one that is the same, and makes room where there is none. */
  put(cookie: Cookie, now: number): void {
    let siblings = this.#domains.get(cookie.domain);
    if (siblings === undefined) this.#domains.set(cookie.domain, siblings = new Map());
    const key = keyOf(cookie);
    const old = siblings.get(key);
    if (old === undefined) this.#size++;
    const use = ++this.#count;
    // §5.7 step 23: it keeps the time, and the place, of the cookie that it comes instead of.
    const [created, order] = old === undefined ? [cookie.created, use] : [old.created, old.order];
    siblings.set(key, { ...cookie, created, order, lastUse: use });
    this.#makeRoom(siblings, now);
  }

  /** Takes a cookie out; whether it was there. */
  delete(cookie: Cookie): boolean {
    const siblings = this.#domains.get(cookie.domain);
    if (!siblings?.delete(keyOf(cookie))) return false;
    this.#size--;
    if (siblings.size === 0) this.#domains.delete(cookie.domain);
    return true;
  }

  /** Takes all out. */
  clear(): void {
    this.#domains.clear();
    this.#size = 0;
  }

  /** Takes out those whose time is over; how many they were. */
  deleteExpired(now: number): number {
    const expired = [...this.#each()].filter((cookie) => isExpired(cookie, now));
    for (const cookie of expired) this.delete(cookie);
    return expired.length;
  }

  /** All cookies, the oldest first. */
  all(): StoredCookie[] {
    return [...this.#each()].sort(byAge);
  }

  /** The cookies of a host's domain and of those above it, in no order. */
  forHost(host: string): StoredCookie[] {
    return domainsOf(host).flatMap((domain) => [...this.#domains.get(domain)?.values() ?? []]);
  }

  /** The cookies of a domain, of those above it and of those below it, in no order. */
  around(domain: string): StoredCookie[] {
    const found = this.forHost(domain);
    for (const [each, siblings] of this.#domains) {
      if (each !== domain && domainMatches(each, domain)) found.push(...siblings.values());
    }
    return found;
  }

  /** Notes that a cookie was used. */
  touch(cookie: StoredCookie, now: number): void {
    cookie.lastUsed = now;
    cookie.lastUse = ++this.#count;
  }

  /** What is in excess goes in this order: expired, not secure in a full domain, least recently used. */
  #makeRoom(siblings: Map<string, StoredCookie>, now: number): void {
    const { maxCookies, maxCookiesPerDomain } = this.#limits;
    if (siblings.size <= maxCookiesPerDomain && this.#size <= maxCookies) return;
    this.deleteExpired(now);
    while (siblings.size > maxCookiesPerDomain) {
      const insecure = siblings.values().filter((cookie) => !cookie.secure);
      this.delete((leastUsed(insecure) ?? leastUsed(siblings.values()))!);
    }
    while (this.#size > maxCookies) this.delete(leastUsed(this.#each())!);
  }

  *#each(): Generator<StoredCookie> {
    for (const siblings of this.#domains.values()) yield* siblings.values();
  }
}

function keyOf(cookie: Cookie): string {
  // No name and no path holds a semicolon.
  return `${cookie.name};${cookie.path};${cookie.hostOnly ? "host" : "domain"}`;
}

function leastUsed(cookies: Iterable<StoredCookie>): StoredCookie | null {
  let least: StoredCookie | null = null;
  for (const cookie of cookies) {
    const used = cookie.lastUsed - (least?.lastUsed ?? Infinity);
    if (used < 0 || used === 0 && cookie.lastUse < least!.lastUse) least = cookie;
  }
  return least;
}
