/**
 * What is wrong with a line of a cookie file, and what is asked of a cookie in any of them.
 *
 * @module
 */

import type { Cookie } from "./cookie.ts";
import { asciiDomain } from "./matching.ts";
import { holdsControl } from "./set_cookie.ts";

/** A line that makes no sense. */
export class LineFault extends Error {
  /** The line, counted from 1. */
  readonly line: number;

  constructor(line: number, message: string) {
    super(message);
    this.line = line;
  }
}

/** Throws a {@linkcode LineFault} where a line's cookie could not be sent, or matched with a host. */
export function checkLine(cookie: Cookie, line: number): void {
  const fault = faultOf(cookie);
  if (fault !== null) throw new LineFault(line, fault);
}

function faultOf({ name, value, domain, path }: Cookie): string | null {
  if (holdsControl(name + value + path)) return "a cookie holds no control characters";
  if (/[=;]/.test(name)) return "a name holds neither = nor ;";
  if (/;/.test(value + path)) return "a cookie holds no semicolon";
  if (name === "" && value === "") return "name and value are empty";
  if (domain === "" || domain !== asciiDomain(domain.toLowerCase()) || /[\s/]/.test(domain)) {
    return "the domain is no host";
  }
  if (!path.startsWith("/")) return "the path does not begin with /";
  return null;
}
