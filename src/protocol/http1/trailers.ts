import { LocalProtocolError } from "../../errors.ts";
import { checkField } from "./grammar.ts";
import { type Field, SentFields } from "./headers.ts";

/**
 * Fields that must stand in front of the content (RFC 9110 §6.5.1): who reads the trailer section has
 * framed, routed, admitted and decoded the message already, or merges it where it does not belong.
 */
const NEEDED_BEFORE: ReadonlySet<string> = new Set([
  // Framing, routing and the connection itself.
  "transfer-encoding",
  "content-length",
  "host",
  "connection",
  "keep-alive",
  "proxy-connection",
  "te",
  "trailer",
  "upgrade",
  // Who asks.
  "authorization",
  "proxy-authorization",
  "cookie",
  // How the request is to be taken.
  "cache-control",
  "pragma",
  "expect",
  "max-forwards",
  "range",
  "if-match",
  "if-none-match",
  "if-modified-since",
  "if-unmodified-since",
  "if-range",
  // How the content is to be read.
  "content-encoding",
  "content-type",
  "content-range",
]);

/**
 * Checks the fields that are to follow a request's body.
 *
 * @param trailers What to send, in this order.
 * @returns The fields, ready to be written.
 * @throws {LocalProtocolError} Where a field must stand in the head, or cannot be sent at all.
 */
export function trailerFields(trailers: Iterable<Field>): SentFields {
  const fields = [...trailers];
  for (const [name, value] of fields) {
    checkField(name, value);
    if (NEEDED_BEFORE.has(name.toLowerCase())) {
      throw new LocalProtocolError(`Cannot send the trailer ${name}: it must stand in the head`);
    }
  }
  return new SentFields(fields);
}
