/**
 * A new random UUID (RFC 9562, version 4).
 *
 * @returns The UUID, lower case, with its dashes.
 *
 * @example A new name for something
 * ```ts
 * import { uuid } from "@lasa/lasa/codec";
 * import { assertMatch } from "@std/assert";
 *
 * assertMatch(uuid(), /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
 * ```
 */
export function uuid(): string {
  return crypto.randomUUID();
}
