/**
 * Which cookies a server may set from where, and which may go along to where (RFC 6265bis §5.7,
 * §5.8.3).
 *
 * @module
 */

import type { Cookie, CookieContext } from "./cookie.ts";
import { asciiDomain, defaultPath, domainMatches, isAddress } from "./matching.ts";
import type { SetCookie } from "./set_cookie.ts";

/** What of the rules a jar may choose. */
export interface Rules {
  readonly allowNameless: boolean;
  readonly isPublicSuffix: (domain: string) => boolean;
  readonly isSecure: (url: URL) => boolean;
}

/** The cookie that a field sets (§5.7); `null` where it is to be ignored. */
export function cookieFrom(
  said: SetCookie,
  from: URL,
  now: number,
  context: CookieContext,
  rules: Rules,
): Cookie | null {
  const { name, value, secure, httpOnly, sameSite, expires } = said;
  if (name === "" && (!rules.allowNameless || value === "")) return null;
  const scope = scopeOf(said.domain, from.hostname, rules);
  if (scope === null) return null;
  // Step 13: an answer that anybody on the way may have written sets nothing for secure ones.
  if (secure && !rules.isSecure(from)) return null;
  // Step 15.
  if (httpOnly && context.http === false) return null;
  // Steps 18 and 19.
  if (context.site === "cross-site" && sameSite !== "none") return null;
  if (sameSite === "none" && !secure) return null;
  const path = said.path ?? defaultPath(from.pathname);
  const times = { expires, created: now, lastUsed: now };
  const cookie = { name, value, ...scope, path, secure, httpOnly, sameSite, ...times };
  return keepsPromise(cookie, said.hasPath) ? cookie : null;
}

/** Whom a cookie is for (steps 7 to 10); `null` where it may not be for whom it says. */
function scopeOf(
  said: string,
  host: string,
  { isPublicSuffix }: Rules,
): Pick<Cookie, "domain" | "hostOnly"> | null {
  if (said === "") return { domain: host, hostOnly: true };
  const domain = asciiDomain(said);
  if (domain === null || !domainMatches(host, domain)) return null;
  // Step 9: a suffix may have cookies for itself, if it is a host as well. An address is no suffix.
  if (!isAddress(host) && isPublicSuffix(domain)) {
    return domain === host ? { domain, hostOnly: true } : null;
  }
  return { domain, hostOnly: false };
}

/** Whether nobody on the way can read or change what passes between here and a URL. */
export function isSecure({ protocol, hostname }: URL, trustLocalhost: boolean): boolean {
  if (protocol === "https:" || protocol === "wss:") return true;
  return trustLocalhost &&
    /^(?:(?:.*\.)?localhost\.?|127\.\d+\.\d+\.\d+|\[::1\])$/.test(hostname);
}

/**
 * Whether a cookie is what its prefix says (§5.7 steps 20 to 22). Servers rely on it: what is called
 * `__Host-…` was set by this very host, and securely. Case does not matter, since some of them do not
 * tell it apart.
 */
function keepsPromise(cookie: Cookie, hasPath: boolean): boolean {
  const name = cookie.name.toLowerCase();
  // Sent without a name, such a value would pass for a name.
  const shown = name === "" ? cookie.value.toLowerCase() : name;
  const isPromise = shown.startsWith("__secure-") || shown.startsWith("__host-");
  if (!isPromise) return true;
  if (name === "" || !cookie.secure) return false;
  return name.startsWith("__secure-") || cookie.hostOnly && hasPath && cookie.path === "/";
}

/** Whether `SameSite` lets a cookie go along. One that says nothing is `Lax`. */
export function isForSite(cookie: Cookie, site: CookieContext["site"] = "same-site"): boolean {
  if (site === "same-site" || cookie.sameSite === "none") return true;
  return site === "cross-site-navigation" && cookie.sameSite !== "strict";
}
