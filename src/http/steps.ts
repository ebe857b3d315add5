/**
 * What the client's layers tell their tap. Ask `tap.isOn` first: then nothing is paid while nobody
 * listens.
 *
 * @module
 */

import type { ResponseHead } from "../protocol/http1/response_head.ts";
import type { ClientEvent, ProtocolEvent, Tap } from "../tap.ts";
import { turnNow } from "../thread/clock.ts";

/** What has a number in the events; 0 where it has none yet. */
export interface Numbered {
  readonly id: number;
}

/** Tells of a step of a request or a connection. */
export function tellStep(
  tap: Tap,
  type: ClientEvent["type"],
  target: { readonly key: string },
  text: string,
  request: Numbered | null = null,
  connection: Numbered | null = null,
): void {
  tap.emit({
    level: "client",
    type,
    atMs: turnNow(),
    target: target.key,
    request: request?.id ?? 0,
    connection: connection?.id ?? 0,
    text,
  });
}

/** A connection, and whose message it carries. */
export interface Carrier extends Numbered {
  readonly target: { readonly key: string };
}

/** Tells of a message's start line and fields. */
export function tellHead(
  tap: Tap,
  direction: "in" | "out",
  carrier: Carrier,
  request: Numbered | null,
  startLine: string,
  fields: Iterable<string>,
): void {
  tellPart(tap, direction, "start", carrier, request, startLine, 0);
  for (const field of fields) tellPart(tap, direction, "field", carrier, request, field, 0);
}

/** Tells of the head of an answer. */
export function tellAnswer(
  tap: Tap,
  carrier: Carrier,
  request: Numbered,
  head: ResponseHead,
): void {
  tellStep(tap, "await end", carrier.target, "", request, carrier);
  const fields = head.fields.all.map(([name, value]) => `${name}: ${value}`);
  const line = `HTTP/1.${head.minorVersion} ${head.status} ${head.reason}`;
  tellHead(tap, "in", carrier, request, line, fields);
  tellStep(tap, "read", carrier.target, "", request, carrier);
}

/** Tells of a part of a message. */
export function tellPart(
  tap: Tap,
  direction: "in" | "out",
  type: ProtocolEvent["type"],
  carrier: Carrier,
  request: Numbered | null,
  text: string,
  bytes: number,
): void {
  tap.emit({
    level: "protocol",
    direction,
    type,
    atMs: turnNow(),
    target: carrier.target.key,
    request: request?.id ?? 0,
    connection: carrier.id,
    text,
    bytes,
  });
}

/** Tells of bytes on a stream; -1 for its end. */
export function tellBytes(
  tap: Tap,
  direction: "in" | "out",
  carrier: Carrier,
  bytes: number,
): void {
  tap.emit({
    level: "stream",
    direction,
    type: bytes < 0 ? "end" : "bytes",
    atMs: turnNow(),
    target: carrier.target.key,
    request: 0,
    connection: carrier.id,
    bytes: Math.max(0, bytes),
  });
}
