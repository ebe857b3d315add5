/**
 * Which hosts and paths a cookie is for (RFC 6265bis §5.1).
 *
 * @module
 */

import { isIPv4 } from "../../socket/ip_address.ts";
import { isByteText } from "./set_cookie.ts";

/** Whether a URL's host is an address; in a URL, one of IPv6 stands in brackets. */
export function isAddress(host: string): boolean {
  return host.startsWith("[") || isIPv4(host);
}

/**
 * A `Domain` as hosts are compared: in ASCII; `null` where it cannot be.
 *
 * Bytes beyond ASCII in a field make the cookie one to ignore (§5.7 step 8). A text that no field can
 * hold comes from a caller who writes a name as people read it, and is taken as URLs take it.
 */
export function asciiDomain(domain: string): string | null {
  // deno-lint-ignore no-control-regex
  if (/^[\x00-\x7f]*$/.test(domain)) return domain;
  return isByteText(domain) ? null : URL.parse(`http://${domain}`)?.hostname ?? null;
}

/** Whether a host is a domain or below it (§5.1.3). Both are in lower case and ASCII. */
export function domainMatches(host: string, domain: string): boolean {
  return host === domain || host.endsWith(`.${domain}`) && !isAddress(host);
}

/** The domains whose cookies a host may be sent: itself and those above it. */
export function domainsOf(host: string): string[] {
  const domains = [host];
  if (isAddress(host)) return domains;
  for (let at = host.indexOf("."); at >= 0; at = host.indexOf(".", at + 1)) {
    domains.push(host.slice(at + 1));
  }
  return domains;
}

/** The path that a cookie of this request has where it says none (§5.1.4): its folder. */
export function defaultPath(path: string): string {
  const end = path.lastIndexOf("/");
  return end <= 0 ? "/" : path.slice(0, end);
}

/**
 * A path with what need not be escaped unescaped: URLs that differ in that alone are the same
 * (RFC 3986 §6.2.2.2).
 */
export function unescapedPath(path: string): string {
  return path.replace(/%[0-9a-f]{2}/gi, (escape) => {
    const char = String.fromCharCode(parseInt(escape.slice(1), 16));
    return /[A-Za-z0-9\-._~]/.test(char) ? char : escape;
  });
}

/** Whether a request's path is a cookie's or below it (§5.1.4). */
export function pathMatches(path: string, cookiePath: string): boolean {
  if (!path.startsWith(cookiePath)) return false;
  return path.length === cookiePath.length || cookiePath.endsWith("/") ||
    path[cookiePath.length] === "/";
}
