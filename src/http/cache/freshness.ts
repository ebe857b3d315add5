/**
 * How long a response lives, and how old it is (RFC 9111 §4.2). All times are milliseconds.
 *
 * @module
 */

import type { Field } from "../../protocol/http1/headers.ts";
import { parseHttpDate } from "../../protocol/http1/http_date.ts";
import { deltaSeconds, type Directives, directivesOf } from "./directives.ts";
import type { StoredHead } from "./entry.ts";
import { valueOf } from "./fields.ts";

/** How a cache judges: for one user or for many. */
export interface Rules {
  /** Whether answers are shared between users. */
  readonly isShared: boolean;
  /** Fields aimed at this cache, the most precise first (RFC 9213); in lower case. */
  readonly targets: readonly string[];
}

/** RFC 9110 §15.1: statuses whose responses may be given a lifetime by guess. */
const GUESSABLE: ReadonlySet<number> = new Set([
  200,
  203,
  204,
  206,
  300,
  301,
  308,
  404,
  405,
  410,
  414,
  501,
]);

/** RFC 9111 §4.2.2: the usual part of the time since the last change. */
const HEURISTIC_FRACTION = 0.1;
/** A guess is never longer than a day, however long ago the last change was. */
const LONGEST_GUESS_MS = 24 * 3600 * 1000;

/** How long a response lives, and why. */
export interface Lifetime {
  /** From the moment it was generated, in milliseconds; 0 or less: it is stale from the start. */
  readonly ms: number;
  /** Whether the server said so. */
  readonly isExplicit: boolean;
}

/** RFC 9111 §4.2.1: the first rule that applies. */
export function lifetimeOf(
  status: number,
  fields: readonly Field[],
  responseTime: number,
  rules: Rules,
): Lifetime {
  const { directives, isTargeted } = directivesOf(fields, rules.targets);
  if (rules.isShared) {
    const ms = directives.milliseconds("s-maxage");
    if (ms !== null) return { ms, isExplicit: true };
  }
  const ms = directives.milliseconds("max-age");
  if (ms !== null) return { ms, isExplicit: true };
  const date = parseHttpDate(valueOf(fields, "date"), responseTime) ?? responseTime;
  const expires = isTargeted ? null : valueOf(fields, "expires");
  if (expires !== null) {
    // RFC 9111 §5.3: what is no date, "0" above all, is a time in the past.
    const at = parseHttpDate(expires, responseTime);
    return { ms: at === null ? 0 : at - date, isExplicit: true };
  }
  if (!mayGuess(status, directives)) return { ms: 0, isExplicit: false };
  const modified = parseHttpDate(valueOf(fields, "last-modified"), responseTime);
  if (modified === null || modified >= date) return { ms: 0, isExplicit: false };
  return {
    ms: Math.min(HEURISTIC_FRACTION * (date - modified), LONGEST_GUESS_MS),
    isExplicit: false,
  };
}

/** RFC 9111 §4.2.2: a lifetime may be guessed for these statuses, or where the response is `public`. */
export function mayGuess(status: number, directives: Directives): boolean {
  return GUESSABLE.has(status) || directives.has("public");
}

/** RFC 9111 §4.2.3: how old a response was when it came. */
export function initialAgeOf(
  fields: readonly Field[],
  requestTime: number,
  responseTime: number,
): number {
  const date = parseHttpDate(valueOf(fields, "date"), responseTime);
  // `Date` counts whole seconds; the part of one that it leaves out has not passed for sure.
  const apparentAge = date === null
    ? 0
    : Math.max(0, 1000 * Math.floor((responseTime - date) / 1000));
  // RFC 9111 §5.1: of several members the first one; what is no number is passed over.
  const [age] = (valueOf(fields, "age") ?? "").split(",", 1);
  const ageValue = 1000 * (deltaSeconds(age.trim()) ?? 0);
  const responseDelay = responseTime - requestTime;
  return Math.max(apparentAge, ageValue + responseDelay);
}

/** RFC 9111 §4.2.3: how old a stored response is now. */
export function currentAgeOf(head: StoredHead, now: number): number {
  // A clock that was set back makes nothing younger than it came.
  return head.initialAgeMs + Math.max(0, now - head.responseTime);
}
