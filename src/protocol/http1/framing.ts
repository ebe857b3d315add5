/**
 * How long a response's body is, and nothing else: RFC 9112 §6.3, rule by rule.
 *
 * @module
 */

import { RemoteProtocolError } from "../../errors.ts";
import { quoted } from "./grammar.ts";

/** How the end of a body is told. */
export type Framing =
  | { readonly kind: "none" }
  | { readonly kind: "tunnel" }
  | { readonly kind: "length"; readonly length: number }
  | { readonly kind: "chunked" }
  | { readonly kind: "until-close" };

/** What the framing of a response depends on. */
export interface FramingInput {
  /** The method of the request that it answers. */
  method: string;
  /** Whether that request asked for an upgrade. */
  upgradeAsked: boolean;
  /** The response's status. */
  status: number;
  /** The minor version of the response's HTTP/1. */
  minorVersion: number;
  /** What `Content-Length` says; -1 where it is absent. */
  contentLength: number;
  /** All `Transfer-Encoding` values, joined by commas; `null` where there is none. */
  transferEncoding: string | null;
}

/** No body. */
export const NO_BODY: Framing = { kind: "none" };
const CHUNKED: Framing = { kind: "chunked" };
const UNTIL_CLOSE: Framing = { kind: "until-close" };
const TUNNEL: Framing = { kind: "tunnel" };

const DIGITS = /^[0-9]+$/;

/**
 * Decides how a response's body ends.
 *
 * @param input The request's method, and the response's status and framing fields.
 * @returns The framing.
 * @throws {RemoteProtocolError} Where the fields contradict each other or are not well formed. What
 *   two readers could read in two ways is never repaired: that is how requests are smuggled.
 */
export function responseFraming(input: FramingInput): Framing {
  const { method, status, contentLength, transferEncoding } = input;
  // Rule 2: CONNECT that succeeded becomes a tunnel right behind the head, whatever length the fields
  // tell: a client must ignore it (RFC 9110 §9.3.6).
  if (method === "CONNECT" && status >= 200 && status < 300) return TUNNEL;
  // Rule 3 would let Transfer-Encoding override Content-Length, but "ought to be handled as an error".
  if (transferEncoding !== null && contentLength >= 0) {
    throw new RemoteProtocolError(
      "Cannot frame the response: both Content-Length and Transfer-Encoding are given",
    );
  }
  // Rule 1: HEAD, 1xx, 204 and 304 have no body, whatever the fields say.
  if (status === 101 && input.upgradeAsked) return TUNNEL;
  if (method === "HEAD" || status < 200 || status === 204 || status === 304) return NO_BODY;
  // Rule 4: only chunked, and only last, tells the end. No other coding was asked for with TE.
  if (transferEncoding !== null) {
    // RFC 9112 §6.1: a Transfer-Encoding under HTTP/1.0 means that the framing is faulty.
    if (input.minorVersion === 0) {
      throw new RemoteProtocolError("Cannot frame the response: Transfer-Encoding under HTTP/1.0");
    }
    if (transferEncoding.toLowerCase() !== "chunked") {
      throw new RemoteProtocolError(
        `Cannot frame the response: Transfer-Encoding is ${
          quoted(transferEncoding)
        }, not "chunked"`,
      );
    }
    return CHUNKED;
  }
  // Rules 5 and 6: one valid length, perhaps said several times.
  if (contentLength === 0) return NO_BODY;
  if (contentLength > 0) return { kind: "length", length: contentLength };
  // Rule 8: nothing told, so the end of the connection is the end of the body.
  return UNTIL_CLOSE;
}

/**
 * Reads a `Content-Length` (RFC 9110 §8.6); a list of equal numbers counts as one.
 *
 * @param text The field's value or values, joined by commas.
 * @returns The number of bytes.
 * @throws {RemoteProtocolError} Where it is not digits, too large to count, or differing.
 */
export function parseContentLength(text: string): number {
  if (text.length < 16 && DIGITS.test(text)) return Number(text);
  let length = -1;
  for (const part of text.split(",")) {
    const digits = part.replace(/^[ \t]+|[ \t]+$/g, "");
    const value = DIGITS.test(digits) ? Number(digits) : NaN;
    if (!Number.isSafeInteger(value)) {
      throw new RemoteProtocolError(`Cannot read Content-Length: value is ${quoted(text)}`);
    }
    if (length >= 0 && value !== length) {
      throw new RemoteProtocolError(`Cannot read Content-Length: values differ in ${quoted(text)}`);
    }
    length = value;
  }
  return length;
}
