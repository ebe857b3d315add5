/**
 * What an unsafe request makes outdated (RFC 9111 §4.4).
 *
 * @module
 */

import type { Field } from "../../protocol/http1/headers.ts";
import { valueOf } from "./fields.ts";

/** RFC 9110 §9.2.1: methods that change nothing. Any other, also an unknown one, may. */
const SAFE: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS", "TRACE"]);

/** Whether a method is safe. */
export function isSafe(method: string): boolean {
  return SAFE.has(method);
}

/**
 * The URLs whose stored responses no longer count.
 *
 * @param url Where the request went.
 * @param status What it was answered with; errors have changed nothing that is known of.
 * @param fields The fields of the answer.
 */
export function outdatedBy(url: string, status: number, fields: readonly Field[]): string[] {
  if (status < 200 || status > 399) return [];
  const urls = [url];
  for (const name of ["location", "content-location"]) {
    const value = valueOf(fields, name);
    const other = value === null ? null : URL.parse(value, url);
    // One origin must not be able to empty the cache of another.
    if (other === null || other.origin !== new URL(url).origin) continue;
    other.hash = "";
    if (!urls.includes(other.href)) urls.push(other.href);
  }
  return urls;
}
