/**
 * Reading fields of messages: their values by name, and lists in them.
 *
 * @module
 */

import type { Field } from "../../protocol/http1/headers.ts";

/** The values of a field, joined by commas (RFC 9110 §5.3); `null` where it is absent. */
export function valueOf(fields: readonly Field[], name: string): string | null {
  let joined: string | null = null;
  for (const [at, value] of fields) {
    if (at === name || (at.length === name.length && at.toLowerCase() === name)) {
      joined = joined === null ? value : `${joined}, ${value}`;
    }
  }
  return joined;
}

/** Fields without those of some names, which are given in lower case. */
export function without(fields: readonly Field[], names: ReadonlySet<string>): Field[] {
  return fields.filter(([name]) => !names.has(name.toLowerCase()));
}

/** The members of a list, trimmed, without the empty ones (RFC 9110 §5.6.1). */
export function listOf(value: string | null): string[] {
  if (value === null) return [];
  return value.split(",").map((member) => member.trim()).filter((member) => member !== "");
}

/** Field names in a list, in lower case. */
export function namesIn(value: string | null): string[] {
  return listOf(value).map((name) => name.toLowerCase());
}
