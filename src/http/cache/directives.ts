/**
 * What `Cache-Control` says (RFC 9111 §5.2), or for a shared cache the field that is aimed at it
 * (RFC 9213).
 *
 * Where a sender contradicts itself or cannot spell, the stricter reading holds: of two values the
 * smaller one, and a duration that is none lets nothing live.
 *
 * @module
 */

import type { Field } from "../../protocol/http1/headers.ts";
import { namesIn, valueOf } from "./fields.ts";
import { parseDictionary } from "./structured.ts";

/** RFC 9111 §1.2.2: what is larger than a cache can count is this many seconds. */
export const MOST_SECONDS = 2 ** 31;

const DELTA_SECONDS = /^\d+$/;

/** Directives by name, in lower case. */
export class Directives {
  /** Values in the order they came; `null` for a directive without one. */
  readonly #values: ReadonlyMap<string, readonly (string | null)[]>;

  /** Takes what a parser found. */
  constructor(values: ReadonlyMap<string, readonly (string | null)[]>) {
    this.#values = values;
  }

  /** Whether a directive is there, whatever its value. */
  has(name: string): boolean {
    return this.#values.has(name);
  }

  /** Whether a directive is there that names no fields, and so means the whole response. */
  hasUnqualified(name: string): boolean {
    const values = this.#values.get(name);
    return values !== undefined && values.some((value) => namesIn(value).length === 0);
  }

  /** The fields that a directive names, in lower case; none where it means the whole response. */
  fieldsNamedBy(name: string): string[] {
    return (this.#values.get(name) ?? []).flatMap((value) => namesIn(value));
  }

  /** Milliseconds that a directive gives: 0 where it gives none that can be read, `null` without it. */
  milliseconds(name: string): number | null {
    const values = this.#values.get(name);
    if (values === undefined) return null;
    // RFC 9111 §4.2.1: with several values, the response should be considered stale, or the first
    // be used; the smallest one is never wrong.
    return Math.min(...values.map((value) => 1000 * (deltaSeconds(value) ?? 0)));
  }

  /** The value of a directive that came first. */
  first(name: string): string | null {
    return this.#values.get(name)?.[0] ?? null;
  }
}

/** Reads a number of seconds (RFC 9111 §1.2.2); `null` for what is none. */
export function deltaSeconds(text: string | null): number | null {
  if (text === null || !DELTA_SECONDS.test(text)) return null;
  return Math.min(Number(text), MOST_SECONDS);
}

/** No directive at all. */
export const NO_DIRECTIVES: Directives = new Directives(new Map());

/** Reads `Cache-Control`. */
export function parseCacheControl(text: string | null): Directives {
  if (text === null) return NO_DIRECTIVES;
  const values = new Map<string, (string | null)[]>();
  for (const [name, value] of directivesIn(text)) {
    const before = values.get(name);
    if (before === undefined) values.set(name, [value]);
    else before.push(value);
  }
  return new Directives(values);
}

const ENDS_NAME = /[\s,="]/;
const ENDS_VALUE = /[\s,"]/;

/** Reads directive by directive, each character once, whatever they are. */
function* directivesIn(text: string): Generator<[name: string, value: string | null]> {
  let at = 0;
  const until = (end: RegExp): string => {
    const start = at;
    while (at < text.length && !end.test(text[at])) at++;
    return text.slice(start, at);
  };
  const quoted = (): string => {
    let value = "";
    for (at++; at < text.length; at++) {
      if (text[at] === '"') return at++, value;
      if (text[at] === "\\" && at + 1 < text.length) at++;
      value += text[at];
    }
    return value;
  };
  while (at < text.length) {
    if (/[\s,]/.test(text[at])) {
      at++;
      continue;
    }
    const name = until(ENDS_NAME).toLowerCase();
    let value: string | null = null;
    if (text[at] === "=") {
      at++;
      value = text[at] === '"' ? quoted() : until(ENDS_VALUE);
    }
    // What is left before the comma belongs to no directive; it makes this one unreadable, so that
    // `max-age =100` is not a lifetime, and the quoted text in it is no directive either.
    let junk = "";
    while (at < text.length && text[at] !== ",") {
      junk += text[at] === '"' ? quoted() + '"' : text[at++];
    }
    if (junk.trim() !== "") value = value === null ? "" : `${value} ${junk.trim()}`;
    if (name !== "") yield [name, value];
  }
}

/**
 * The directives that hold for a response.
 *
 * @param fields The response's fields.
 * @param targets Fields that are aimed at this cache, the most precise first, in lower case.
 * @returns The directives, and whether they come from a targeted field, next to which `Expires` counts
 *   for nothing.
 */
export function directivesOf(
  fields: readonly Field[],
  targets: readonly string[],
): { directives: Directives; isTargeted: boolean } {
  for (const target of targets) {
    const value = valueOf(fields, target);
    const directives = value === null ? null : parseTargeted(value);
    if (directives !== null) return { directives, isTargeted: true };
  }
  return { directives: parseCacheControl(valueOf(fields, "cache-control")), isTargeted: false };
}

/** Directives that take a text: a list of fields. */
const NAMES_FIELDS: ReadonlySet<string> = new Set(["no-cache", "private"]);

/** RFC 9213 §2.1: a dictionary; one that is empty or does not parse is as good as absent. */
function parseTargeted(text: string): Directives | null {
  const members = parseDictionary(text);
  if (members === null || members.size === 0) return null;
  const values = new Map<string, (string | null)[]>();
  for (const [name, member] of members) {
    if (member === false) continue;
    if (member === true) values.set(name, [null]);
    else if (typeof member === "string" && NAMES_FIELDS.has(name)) values.set(name, [member]);
    // A duration must be a whole number; another type of value leaves the directive without meaning.
    else if (typeof member === "number" && Number.isInteger(member)) {
      values.set(name, [`${member}`]);
    }
  }
  return new Directives(values);
}
