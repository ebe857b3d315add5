/**
 * Queries that make no difference: `No-Vary-Search` (draft-ietf-httpbis-no-vary-search).
 *
 * @module
 */

import type { Field } from "../../protocol/http1/headers.ts";
import { valueOf } from "./fields.ts";
import { type Member, parseDictionary } from "./structured.ts";

/** Which parts of a query do not count. */
export interface QueryRule {
  /** Parameters that do not count; `"all"` for all but `except`. */
  readonly ignored: ReadonlySet<string> | "all";
  /** Parameters that count nevertheless. */
  readonly except: ReadonlySet<string>;
  /** Whether parameters may stand in any order. */
  readonly isUnordered: boolean;
}

const NONE: ReadonlySet<string> = new Set();

/** What a response says of its query; `null` where all of it counts, or the field makes no sense. */
export function queryRuleOf(fields: readonly Field[]): QueryRule | null {
  const value = valueOf(fields, "no-vary-search");
  const members = value === null ? null : parseDictionary(value);
  if (members === null) return null;
  const keyOrder = members.get("key-order") ?? false;
  const params = members.get("params") ?? false;
  const except = members.get("except");
  if (typeof keyOrder !== "boolean") return null;
  const ignored = params === true ? "all" : params === false ? NONE : namesOf(params);
  if (ignored === null) return null;
  // Exceptions make sense beside `params` alone, not beside a list of what is ignored.
  if (except !== undefined && ignored !== "all") return null;
  const excepted = except === undefined ? NONE : namesOf(except);
  if (excepted === null) return null;
  if (!keyOrder && ignored !== "all" && ignored.size === 0) return null;
  return { ignored, except: excepted, isUnordered: keyOrder };
}

function namesOf(member: Member): ReadonlySet<string> | null {
  if (!Array.isArray(member)) return null;
  const names = new Set<string>();
  for (const item of member) {
    if (typeof item !== "string") return null;
    names.add(decoded(item));
  }
  return names;
}

/** As a query would say it: plus signs and escapes undone. */
function decoded(text: string): string {
  const [name] = new URLSearchParams(`${text.replaceAll("&", "%26").replaceAll("=", "%3D")}=`)
    .keys();
  return name ?? "";
}

/** Whether two URLs are the same but for what a rule says does not count. */
export function areAlike(one: string, other: string, rule: QueryRule): boolean {
  if (one === other) return true;
  const [a, b] = [new URL(one), new URL(other)];
  if (a.origin !== b.origin || a.pathname !== b.pathname) return false;
  return searchOf(a, rule) === searchOf(b, rule);
}

function searchOf(url: URL, { ignored, except, isUnordered }: QueryRule): string {
  const counts = (name: string) => ignored === "all" ? except.has(name) : !ignored.has(name);
  const kept = new URLSearchParams([...url.searchParams].filter(([name]) => counts(name)));
  if (isUnordered) kept.sort();
  return kept.toString();
}

/** The key of a URL whatever its query: where responses lie whose query does not count in full. */
export function looseKeyOf(url: string): string {
  const query = url.indexOf("?");
  // No URL has a blank in it, so no other response can lie there.
  return `${query < 0 ? url : url.slice(0, query)} *`;
}
