/**
 * Which failures mean that the origin cannot be reached, and which are the caller's own.
 *
 * @module
 */

import {
  BrokenError,
  ClosedError,
  DnsError,
  LasaError,
  RemoteProtocolError,
  TimeoutError,
  TlsError,
} from "../../errors.ts";

/** Whether the origin, or the way to it, is at fault: what a stored response may stand in for. */
export function isOutage(error: unknown): boolean {
  if (error instanceof TimeoutError) return error.phase !== "deadline";
  // A client that was closed has not even tried.
  if (error instanceof ClosedError) return error.sent !== "none";
  return error instanceof BrokenError || error instanceof DnsError || error instanceof TlsError ||
    error instanceof RemoteProtocolError;
}

/** Whether it was the caller who gave up, so that another one may have more luck. */
export function isOwn(error: unknown): boolean {
  return !(error instanceof LasaError) || !isOutage(error) || error instanceof TimeoutError;
}

/** Whether a status says that the server, or the way to it, is out of order (RFC 5861 §4). */
export function isServerError(status: number): boolean {
  return status === 500 || status === 502 || status === 503 || status === 504;
}
