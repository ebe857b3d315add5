/**
 * What a `Set-Cookie` field says, before anybody decides whether it may (RFC 6265bis §5.6).
 *
 * @module
 */

import type { SameSite } from "./cookie.ts";
import { parseCookieDate } from "./cookie_date.ts";

/** A `Set-Cookie` field, read. An attribute that says nothing usable is as if it were not there. */
export interface SetCookie {
  readonly name: string;
  readonly value: string;
  /** Milliseconds since the epoch; `null` for the end of the session. */
  readonly expires: number | null;
  /** What `Domain` says, without a leading dot, in lower case; empty where it is not there. */
  readonly domain: string;
  /** What `Path` says; `null` where the default applies. */
  readonly path: string | null;
  /** Whether there was a `Path` at all. */
  readonly hasPath: boolean;
  readonly secure: boolean;
  readonly httpOnly: boolean;
  readonly sameSite: SameSite | null;
}

/** Octets of a name and its value together (§5.6 step 5). */
const MAX_PAIR_OCTETS = 4_096;
/** Octets of an attribute's value (§5.6); a longer one is passed over. */
const MAX_ATTRIBUTE_OCTETS = 1_024;
/** No cookie lives longer than 400 days (§5.5). */
const MAX_AGE_MS = 400 * 24 * 60 * 60 * 1_000;

// All controls but the tab.
// deno-lint-ignore no-control-regex
const CONTROL = /[\x00-\x08\x0a-\x1f\x7f]/;
// deno-lint-ignore no-control-regex
const FIELD_END = /[\x00\r\n]/;

/** Whether a text holds what no cookie may hold. */
export function holdsControl(text: string): boolean {
  return CONTROL.test(text);
}

/**
 * Reads a `Set-Cookie` field.
 *
 * @param line The field's value, one character for each byte; or text, as a caller writes it.
 * @param now Milliseconds since the epoch, for `Max-Age`.
 * @param isStrict Whether it is read to the letter of RFC 6265bis.
 * @returns What it says; `null` where the whole field is to be ignored.
 */
export function parseSetCookie(line: string, now: number, isStrict: boolean): SetCookie | null {
  // NUL, CR and LF end a field. None comes with one inside, so cutting there is for callers' texts.
  const end = isStrict ? -1 : line.search(FIELD_END);
  const field = end < 0 ? line : line.slice(0, end);
  // §5.6 step 1: what holds any other control is not mended.
  if (CONTROL.test(field)) return null;
  const [pair, ...attributes] = field.split(";");
  const equals = pair.indexOf("=");
  // §5.6 step 3: without "=" all of it is the value.
  const name = trimBlanks(equals < 0 ? "" : pair.slice(0, equals));
  const value = trimBlanks(pair.slice(equals + 1));
  if (octetsOf(name + value) > MAX_PAIR_OCTETS) return null;

  let maxAge: number | null = null;
  let expires: number | null = null;
  let domain = "";
  let path: string | null = null;
  let hasPath = false;
  let secure = false;
  let httpOnly = false;
  let sameSite: SameSite | null = null;
  // What is said twice counts as it was said last.
  for (const each of attributes) {
    const at = each.indexOf("=");
    const key = trimBlanks(at < 0 ? each : each.slice(0, at)).toLowerCase();
    const said = at < 0 ? "" : trimBlanks(each.slice(at + 1));
    if (octetsOf(said) > MAX_ATTRIBUTE_OCTETS) continue;
    switch (key) {
      case "max-age":
        maxAge = maxAgeOf(said) ?? maxAge;
        break;
      case "expires":
        expires = parseCookieDate(said) ?? expires;
        break;
      case "domain":
        // RFC 6265 passes over an empty one; RFC 6265bis §5.6.3 lets it undo the one before.
        if (said === "" && !isStrict) break;
        domain = (said.startsWith(".") ? said.slice(1) : said).toLowerCase();
        break;
      case "path":
        // §5.6.4: what does not begin with a slash stands for the default.
        path = said.startsWith("/") ? said : null;
        hasPath = true;
        break;
      case "secure":
        secure = true;
        break;
      case "httponly":
        httpOnly = true;
        break;
      case "samesite":
        sameSite = sameSiteOf(said);
    }
  }
  // §5.7 step 6: Max-Age goes before Expires, in whatever order they stand.
  if (maxAge !== null) expires = maxAge <= 0 ? -Infinity : now + maxAge * 1_000;
  if (expires !== null) expires = Math.min(expires, now + MAX_AGE_MS);
  return { name, value, expires, domain, path, hasPath, secure, httpOnly, sameSite };
}

/** Seconds; `null` where it is no number (§5.6.2). */
function maxAgeOf(text: string): number | null {
  return /^-?\d+$/.test(text) ? Number(text) : null;
}

/** An unknown word is no wish at all (§5.6.7). */
function sameSiteOf(text: string): SameSite | null {
  const word = text.toLowerCase();
  return word === "strict" || word === "lax" || word === "none" ? word : null;
}

/** Blanks are spaces and tabs (§5.6 step 4), not all that `trim()` drops. */
function trimBlanks(text: string): string {
  return text.replace(/^[ \t]+/, "").replace(/(?<![ \t])[ \t]+$/, "");
}

/** How many bytes a text has: as many as characters where it came from a field, else in UTF-8. */
function octetsOf(text: string): number {
  return isByteText(text) ? text.length : new TextEncoder().encode(text).length;
}

/** A text as fields hold it, a character for each byte; what is more than bytes becomes UTF-8. */
export function toByteText(text: string): string {
  if (isByteText(text)) return text;
  return Array.from(new TextEncoder().encode(text), (byte) => String.fromCharCode(byte)).join("");
}

/** Whether each character of a text can stand for one byte. */
export function isByteText(text: string): boolean {
  // deno-lint-ignore no-control-regex
  return /^[\x00-\xff]*$/.test(text);
}
