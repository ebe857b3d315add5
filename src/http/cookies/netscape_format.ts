/**
 * `cookies.txt`, as Netscape wrote it and curl, wget, Python and others read and write it: seven
 * fields a line, parted by tabs. `#HttpOnly_` in front of the domain is curl's addition.
 *
 * A line is bytes, as the field was that it came from. Wider text, which only a caller can have set,
 * is written as it is sent: in UTF-8.
 *
 * The format has no place for `SameSite`, for when a cookie was set and used, and for fractions of a
 * second. The order of the lines is the order in which the cookies were set.
 *
 * @module
 */

import { LocalProtocolError } from "../../errors.ts";
import { quoted } from "../../protocol/http1/grammar.ts";
import type { Cookie } from "./cookie.ts";
import { checkLine, LineFault } from "./line_fault.ts";
import { isByteText, toByteText } from "./set_cookie.ts";

const HTTP_ONLY = "#HttpOnly_";
/** What some editors put in front, in bytes. */
const UTF8_MARK = /^\xef\xbb\xbf/;

/** Writes cookies down. @throws {LocalProtocolError} Where one holds a tab that would part it. */
export function cookiesToNetscape(cookies: readonly Cookie[]): Uint8Array<ArrayBuffer> {
  const lines = cookies.map((cookie) => toByteText(lineOf(cookie)));
  const text = ["# Netscape HTTP Cookie File", "", ...lines, ""].join("\n");
  return Uint8Array.from(text, (char) => char.charCodeAt(0));
}

function lineOf(cookie: Cookie): string {
  const { name, value, domain, path, hostOnly, secure, httpOnly, expires } = cookie;
  // A tab in the value, which stands last, parts nothing.
  if (`${name}${path}`.includes("\t")) {
    throw new LocalProtocolError(
      `Cannot save the cookie ${
        quoted(name)
      } in Netscape's format: it holds a tab; save it as JSON`,
    );
  }
  return [
    `${httpOnly ? HTTP_ONLY : ""}${hostOnly ? "" : "."}${domain}`,
    hostOnly ? "FALSE" : "TRUE",
    path,
    secure ? "TRUE" : "FALSE",
    // 0 stands for the end of the session.
    expires === null ? 0 : Math.max(1, Math.floor(expires / 1_000)),
    name,
    value,
  ].join("\t");
}

/**
 * Reads cookies.
 *
 * @param text The file, a character for each byte.
 * @throws {LineFault} Where a line makes no sense.
 */
export function cookiesFromNetscape(text: string, now: number): Cookie[] {
  const cookies: Cookie[] = [];
  text.replace(UTF8_MARK, "").split("\n").forEach((each, index) => {
    const line = wideText(each.replace(/\r$/, ""));
    const isComment = line.startsWith("#") && !line.startsWith(HTTP_ONLY);
    if (!isComment && line.trim() !== "") cookies.push(cookieOf(line, index + 1, now));
  });
  return cookies;
}

/** A line as it was before it became bytes: wider text where it is that, in UTF-8. */
function wideText(line: string): string {
  if (/^[\x20-\x7e\t]*$/.test(line)) return line;
  try {
    const bytes = Uint8Array.from(line, (char) => char.charCodeAt(0));
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    return isByteText(text) ? line : text;
  } catch {
    return line;
  }
}

function cookieOf(line: string, number: number, now: number): Cookie {
  const httpOnly = line.startsWith(HTTP_ONLY);
  const parts = (httpOnly ? line.slice(HTTP_ONLY.length) : line).split("\t");
  // An empty value may have lost the tab in front of it.
  if (parts.length < 6) {
    throw new LineFault(number, `it has ${parts.length} fields, not 7 parted by tabs`);
  }
  const [host, below, path, secure, expires, name, ...value] = parts;
  const seconds = /^\d+(\.\d+)?$/.test(expires) ? Number(expires) : NaN;
  if (Number.isNaN(seconds)) throw new LineFault(number, `expiry is ${quoted(expires)}`);
  const cookie: Cookie = {
    name,
    value: value.join("\t"),
    domain: host.replace(/^\./, "").toLowerCase(),
    path,
    hostOnly: !flagOf(below, "the second field", number),
    secure: flagOf(secure, "the fourth field", number),
    httpOnly,
    sameSite: null,
    expires: seconds === 0 ? null : seconds * 1_000,
    created: now,
    lastUsed: now,
  };
  checkLine(cookie, number);
  return cookie;
}

function flagOf(text: string, field: string, number: number): boolean {
  const upper = text.toUpperCase();
  if (upper === "TRUE" || upper === "FALSE") return upper === "TRUE";
  throw new LineFault(number, `${field} is ${quoted(text)}, neither TRUE nor FALSE`);
}
