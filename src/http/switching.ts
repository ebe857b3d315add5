/**
 * What becomes of a connection that speaks another protocol from here on.
 *
 * @module
 */

import { RemoteProtocolError } from "../errors.ts";
import { quoted } from "../protocol/http1/grammar.ts";
import type { ResponseHead } from "../protocol/http1/response_head.ts";
import { namesOf } from "./extras.ts";
import type { RequestPlan } from "./plan.ts";

/**
 * Refuses a switch to what was not asked for.
 *
 * @throws {RemoteProtocolError} Where 101 does not name the new protocol, or one that was not offered.
 */
export function checkSwitch(plan: RequestPlan, head: ResponseHead): void {
  if (head.status !== 101) return;
  const asked = namesOf(plan.extras!.upgrade!);
  const told = head.fields.get("upgrade") ?? "";
  const names = namesOf(told);
  // RFC 9110 §7.8: a server must not switch to a protocol that the client did not name.
  if (names.length > 0 && names.every((name) => asked.includes(name))) return;
  throw new RemoteProtocolError(
    `Cannot upgrade to ${quoted(plan.extras!.upgrade!)}: the server switches to ${quoted(told)}`,
  );
}

/** The host at the far end: for whoever speaks TLS through the connection next. */
export function farEnd({ method, path, target }: RequestPlan): string {
  if (method !== "CONNECT") return target.host;
  return path.slice(0, path.lastIndexOf(":")).replace(/^\[|\]$/g, "");
}
