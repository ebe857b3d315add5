/**
 * lasa's own cookie file: JSON with a cookie a line, all of it.
 *
 * @module
 */

import { quoted } from "../../protocol/http1/grammar.ts";
import type { Cookie } from "./cookie.ts";
import { checkLine, LineFault } from "./line_fault.ts";

const VERSION = 1;

/** Writes cookies down. */
export function cookiesToJson(cookies: readonly Cookie[]): Uint8Array<ArrayBuffer> {
  const lines = cookies.map((cookie) => `\n${JSON.stringify(toJson(cookie))}`);
  const text = `{"version":${VERSION},"cookies":[${lines.join(",")}\n]}\n`;
  return new TextEncoder().encode(text);
}

function toJson(cookie: Cookie): Record<string, unknown> {
  const { name, value, domain, path, hostOnly, secure, httpOnly, sameSite } = cookie;
  const { expires, created, lastUsed } = cookie;
  return {
    ...{ name, value, domain, path, hostOnly, secure, httpOnly, sameSite },
    ...{ expires, created, lastUsed },
  };
}

/** Reads cookies. @throws {LineFault} Where a line makes no sense. */
export function cookiesFromJson(text: string): Cookie[] {
  const file = parse(text);
  if (!isRecord(file)) throw new LineFault(1, "it is no JSON object");
  const { version, cookies } = file;
  if (version !== VERSION) throw new LineFault(1, `version is ${shown(version)}, not ${VERSION}`);
  if (!Array.isArray(cookies)) throw new LineFault(1, `cookies is ${shown(cookies)}, no list`);
  const lines = linesOfElements(text);
  return cookies.map((each, index) => cookieOf(each, lines[index]));
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const { message } = error as SyntaxError;
    const position = /at position (\d+)/.exec(message)?.[1];
    // Where no position is told, or none with anything on it, it is the end that came too early.
    const end = text.trimEnd().length;
    throw new LineFault(lineAt(text, Math.min(Number(position ?? end), end)), message);
  }
}

function lineAt(text: string, position: number): number {
  return text.slice(0, position).split("\n").length;
}

/**
 * The line on which each cookie begins, in JSON that is known to be well formed: those are the
 * objects two levels down.
 */
function linesOfElements(text: string): number[] {
  const lines: number[] = [];
  let depth = 0;
  let line = 1;
  for (const [token] of text.matchAll(/"(?:[^"\\]|\\.)*"|[[\]{}]|\n/g)) {
    if (token === "\n") line++;
    else if (token === "{" || token === "[") {
      if (depth++ === 2) lines.push(line);
    } else if (token === "}" || token === "]") depth--;
  }
  return lines;
}

function cookieOf(given: unknown, line: number | undefined): Cookie {
  const number = line ?? 1;
  if (!isRecord(given)) throw new LineFault(number, `${shown(given)} is no cookie`);
  const read = <T>(key: string, isRight: (value: unknown) => boolean): T => {
    if (isRight(given[key])) return given[key] as T;
    throw new LineFault(number, `${key} is ${shown(given[key])}`);
  };
  const isNullOr = (isRight: (value: unknown) => boolean) => (value: unknown) =>
    value === null || isRight(value);
  const cookie: Cookie = {
    name: read("name", isString),
    value: read("value", isString),
    domain: read("domain", isString),
    path: read("path", isString),
    hostOnly: read("hostOnly", isBoolean),
    secure: read("secure", isBoolean),
    httpOnly: read("httpOnly", isBoolean),
    sameSite: read("sameSite", isNullOr(isSameSite)),
    expires: read("expires", isNullOr(isTime)),
    created: read("created", isTime),
    lastUsed: read("lastUsed", isTime),
  };
  checkLine(cookie, number);
  return cookie;
}

const isString = (value: unknown) => typeof value === "string";
const isBoolean = (value: unknown) => typeof value === "boolean";
const isTime = (value: unknown) => Number.isFinite(value);
const isSameSite = (value: unknown) => ["strict", "lax", "none"].includes(value as string);

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function shown(value: unknown): string {
  return quoted(value === undefined ? "missing" : JSON.stringify(value));
}
