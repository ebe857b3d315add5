/**
 * How `--out` names its files.
 *
 * A file's name is its URL, written in characters that every file system takes: `://` and `/` become
 * `,`; letters, digits, `.` `-` `_` `=` `+` `@` and the URL's own `%` stay; anything else becomes `~`
 * and its two hex digits. So `https://a.org/b/c?d=1` is kept as `https,a.org,b,c~3fd=1`.
 *
 * Since `,` and `~` themselves are written as `~2c` and `~7e`, two URLs never share a name, and since
 * no `/` is left, no name leads out of the folder. A name that would be too long is cut, and ends in
 * `~~` and a part of the URL's SHA-256; so does one whose URL holds a password, which a file name
 * should not tell. The fragment does not count: it is never sent.
 *
 * @module
 */

import { createHash } from "node:crypto";

// File systems take 255 bytes; the rest is room for those who add an ending.
const MAX_NAME_LENGTH = 220;

/**
 * The name of the file that a URL's body goes to.
 *
 * @param url The URL that was asked for, not the one that a redirect led to.
 * @param ignoresCase Whether the file system takes `a` and `A` for one: capitals are then written
 *   as `~` and two digits too.
 */
export function fileNameOf(
  url: URL,
  ignoresCase = Deno.build.os === "windows" || Deno.build.os === "darwin",
): string {
  const unsafe = ignoresCase ? /[^a-z0-9.\-_=+@%]/g : /[^A-Za-z0-9.\-_=+@%]/g;
  const parts = [url.protocol.slice(0, -1), url.host, ...url.pathname.slice(1).split("/")];
  // A query that is empty and one that is missing are different URLs; `search` tells no difference.
  const [beforeFragment] = url.href.split("#", 1);
  const query = beforeFragment.indexOf("?");
  if (query >= 0) parts[parts.length - 1] += beforeFragment.slice(query);
  const name = parts
    .map((part) => part.replace(unsafe, escape))
    .join(",")
    // Windows drops a dot at the end.
    .replace(/\.$/, "~2e");
  const isSecret = url.username !== "" || url.password !== "";
  if (name.length <= MAX_NAME_LENGTH && !isSecret) return name;
  const mark = `~~${createHash("sha256").update(beforeFragment).digest("hex").slice(0, 32)}`;
  return name.slice(0, MAX_NAME_LENGTH - mark.length) + mark;
}

// A URL's text is ASCII: everything else was percent-encoded when it was parsed.
function escape(char: string): string {
  return `~${char.charCodeAt(0).toString(16).padStart(2, "0")}`;
}
