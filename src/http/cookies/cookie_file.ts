/**
 * Cookie files: read whole or refused with the line that is wrong, never half taken.
 *
 * @module
 */

import { BrokenError } from "../../errors.ts";
import { latin1, quoted } from "../../protocol/http1/grammar.ts";
import { writeWhole } from "./atomic_file.ts";
import type { Cookie } from "./cookie.ts";
import { cookiesFromJson, cookiesToJson } from "./json_format.ts";
import { cookiesFromNetscape, cookiesToNetscape } from "./netscape_format.ts";
import { LineFault } from "./line_fault.ts";

/** A format of cookie files. */
export type CookieFormat = "json" | "netscape";

/** A cookie file that cannot be read; nothing of it was taken, and it stays as it is. */
export class CookieFileError extends BrokenError {
  /** The class's name, as it stands in stacks and logs. */
  override name = "CookieFileError";
  /** The file. */
  readonly path: string;
  /** The line, counted from 1. */
  readonly line: number;

  /** Makes an error for a line of a file; its code is `"cookie file"`. */
  constructor(message: string, path: string, line: number) {
    super(message, { code: "cookie file" });
    this.path = path;
    this.line = line;
  }
}

/** Reads a cookie file. @throws {CookieFileError} Where a line makes no sense. */
export async function readCookies(path: string | URL, now: number): Promise<Cookie[]> {
  const bytes = await Deno.readFile(path);
  const asBytes = latin1(bytes);
  const isOurs = isJson(path, asBytes);
  const text = isOurs ? new TextDecoder().decode(bytes) : asBytes;
  try {
    return isOurs ? cookiesFromJson(text) : cookiesFromNetscape(text, now);
  } catch (fault) {
    if (!(fault instanceof LineFault)) throw fault;
    const shown = quoted(text.split("\n")[fault.line - 1]?.replace(/\r$/, "") ?? "");
    throw new CookieFileError(
      `Cannot load cookies from ${path}: line ${fault.line} is ${shown}: ${fault.message}`,
      String(path),
      fault.line,
    );
  }
}

/** Writes a cookie file. */
export async function writeCookies(
  path: string | URL,
  cookies: readonly Cookie[],
  format: CookieFormat = hasEnding(path, ".txt") ? "netscape" : "json",
): Promise<void> {
  if (format !== "json" && format !== "netscape") {
    throw new TypeError(`Cannot save cookies: format is ${quoted(String(format))}`);
  }
  await writeWhole(path, format === "json" ? cookiesToJson(cookies) : cookiesToNetscape(cookies));
}

function isJson(path: string | URL, text: string): boolean {
  // By its ending first: what is left of a broken file may begin with anything.
  return hasEnding(path, ".json") || !hasEnding(path, ".txt") && /^\s*\{/.test(text);
}

function hasEnding(path: string | URL, ending: string): boolean {
  return String(path).toLowerCase().endsWith(ending);
}
