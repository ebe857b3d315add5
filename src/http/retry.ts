/**
 * When a request is sent again, and how long that waits: pure rules.
 *
 * @module
 */

import { type LasaError, LocalProtocolError, TimeoutError, TlsError } from "../errors.ts";
import { parseHttpDate } from "../protocol/http1/http_date.ts";
import type { RetryOptions } from "./options.ts";

/** Codes of what would be refused again. */
const FINAL_CODES: ReadonlySet<string> = new Set([
  "permission denied",
  "pin mismatch",
  "proxy refused",
]);

/**
 * Whether there is no use in asking again: it was refused for good, or time ran out, which nobody
 * asked to be waited for once more.
 */
export function isFinal(error: LasaError): boolean {
  // A certificate that is not good now will not be in a second.
  return error instanceof TimeoutError || error instanceof LocalProtocolError ||
    error instanceof TlsError ||
    FINAL_CODES.has(error.code);
}

/** Milliseconds before a retry: longer each time and never the same, so that they do not come in step. */
export function backoffMs(retry: Required<RetryOptions>, attempt: number): number {
  const ms = Math.min(retry.backoffMs * 2 ** (attempt - 1), retry.maxBackoffMs);
  return ms * (0.5 + Math.random() / 2);
}

/**
 * Reads `Retry-After` (RFC 9110 §10.2.3): seconds, or a date.
 *
 * @param value The field's value; `null` where it is absent.
 * @param nowMs The time of day, in milliseconds since the epoch.
 * @returns Milliseconds to wait; `null` where it says nothing that can be understood.
 */
export function retryAfterMs(value: string | null, nowMs: number): number | null {
  if (value === null) return null;
  if (/^\d+$/.test(value)) return Number(value) * 1_000;
  const date = parseHttpDate(value, nowMs);
  return date === null ? null : Math.max(0, date - nowMs);
}

/** Whether an answer says that the server cannot serve now, but may later. */
export function isOverload(status: number): boolean {
  return status === 429 || status === 503;
}

/**
 * Whether to ask again after an answer, and when.
 *
 * @param status The answer's status.
 * @param afterMs What its `Retry-After` says; `null` for nothing.
 * @param attempt 1 for the first retry.
 * @returns Milliseconds to wait first; `null` to give the answer out.
 */
export function statusRetryMs(
  retry: Required<RetryOptions>,
  status: number,
  afterMs: number | null,
  attempt: number,
): number | null {
  const isAsked = isOverload(status) && afterMs !== null;
  if (!isAsked && !retry.statuses.includes(status)) return null;
  if (afterMs === null) return backoffMs(retry, attempt);
  return afterMs <= retry.maxRetryAfterMs ? afterMs : null;
}
