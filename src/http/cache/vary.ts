/**
 * Which of the responses kept for a URL answers a request (RFC 9111 §4.1).
 *
 * @module
 */

import { sha1 } from "../../codec/digest.ts";
import type { Field } from "../../protocol/http1/headers.ts";
import type { StoredHead, VaryPart } from "./entry.ts";
import { namesIn, valueOf } from "./fields.ts";
import type { Rules } from "./freshness.ts";
import type { CacheRequest } from "./wish.ts";

/** Lists in which neither order nor blanks have a meaning, and in which letters are of one case. */
const UNORDERED: ReadonlySet<string> = new Set([
  "accept-charset",
  "accept-encoding",
  "accept-language",
]);

/** Values that a store must not be able to give away. */
const SECRET: ReadonlySet<string> = new Set(["authorization", "cookie", "proxy-authorization"]);

/** Whether no request at all is like the one that was answered. */
export function isVaryingOnAll(fields: readonly Field[]): boolean {
  return namesIn(valueOf(fields, "vary")).includes("*");
}

/** What later requests must have in common with this one to get its answer. */
export function varyOf(
  fields: readonly Field[],
  request: CacheRequest,
  rules: Rules,
): VaryPart[] {
  const names = new Set(namesIn(valueOf(fields, "vary")));
  // One client may act for several users: what one of them is given for a password or a token is
  // not for the others. A shared cache has the server's word for it (RFC 9111 §3.5).
  if (!rules.isShared) names.add("authorization");
  return [...names].sort().map((name) => [name, comparable(name, request.get(name))]);
}

/** Whether a stored response answers a request that says this. */
export function matchesVary(head: StoredHead, request: CacheRequest): boolean {
  for (const [name, value] of head.vary) {
    const asked = request.get(name);
    if (asked === null && value === null) continue;
    if (comparable(name, asked) === value) continue;
    if (name === "accept-language" && asked !== null && isFirstChoice(head, asked)) continue;
    return false;
  }
  return true;
}

/** One text for all values that mean the same. */
function comparable(name: string, value: string | null): string | null {
  if (value === null) return null;
  if (SECRET.has(name)) return sha1(value);
  // Blanks in quotes are part of what is quoted.
  if (value.includes('"')) return value.trim();
  const members = value.split(",").map((member) => member.trim());
  if (!UNORDERED.has(name)) return members.join(",");
  return members.map((member) => parametersOf(member).join(";")).sort().join(",");
}

/** A member and its parameters, without blanks, in small letters. */
function parametersOf(member: string): string[] {
  return member.toLowerCase().split(";").map((part) => part.trim());
}

/** Whether a response is in the language that a request wants most: no better one can be chosen. */
function isFirstChoice(head: StoredHead, asked: string): boolean {
  const languages = namesIn(valueOf(head.fields, "content-language"));
  if (languages.length !== 1) return false;
  const choices = namesIn(asked).map((member) => {
    const [language, ...parameters] = parametersOf(member);
    const q = parameters.find((parameter) => parameter.startsWith("q="));
    return { language, q: q === undefined ? 1 : Number(q.slice(2)) };
  });
  const best = choices.toSorted((a, b) => b.q - a.q);
  return best.length > 0 && best[0].language === languages[0] && best[0].q > 0 &&
    (best.length === 1 || best[0].q > best[1].q);
}
