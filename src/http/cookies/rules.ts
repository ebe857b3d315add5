/**
 * What a cookie's name promises, and which sites it may go along to (RFC 6265bis §5.4, §5.8.3).
 *
 * @module
 */

import type { Cookie, CookieContext } from "./cookie.ts";
import type { SetCookie } from "./set_cookie.ts";

/**
 * Whether a cookie is what its prefix says (§5.7 steps 20 to 22). Servers rely on it: what is called
 * `__Host-…` was set by this very host, and securely. Case does not matter, since some of them do not
 * tell it apart.
 */
export function keepsPromise(cookie: Cookie, said: SetCookie): boolean {
  const name = cookie.name.toLowerCase();
  // Sent without a name, such a value would pass for a name.
  const shown = name === "" ? cookie.value.toLowerCase() : name;
  const isPromise = shown.startsWith("__secure-") || shown.startsWith("__host-");
  if (!isPromise) return true;
  if (name === "" || !cookie.secure) return false;
  return name.startsWith("__secure-") || cookie.hostOnly && said.hasPath && cookie.path === "/";
}

/** Whether `SameSite` lets a cookie go along. One that says nothing is `Lax`. */
export function isForSite(cookie: Cookie, site: CookieContext["site"] = "same-site"): boolean {
  if (site === "same-site" || cookie.sameSite === "none") return true;
  return site === "cross-site-navigation" && cookie.sameSite !== "strict";
}
