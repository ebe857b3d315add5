/**
 * The grammar of HTTP/1.1 as tables and tests: which bytes may stand where (RFC 9110 §5, RFC 9112).
 *
 * @module
 */

import { LocalProtocolError } from "../../errors.ts";

/** 1 for the bytes of a token (RFC 9110 §5.6.2). */
export const TOKEN: Uint8Array = new Uint8Array(256);
for (const c of "!#$%&'*+-.^_`|~0123456789") TOKEN[c.charCodeAt(0)] = 1;
for (let c = 65; c <= 90; c++) TOKEN[c] = TOKEN[c + 32] = 1;

/** 1 for the bytes of a field value or a reason: HTAB, SP, VCHAR, obs-text (RFC 9110 §5.5). */
export const FIELD_BYTE: Uint8Array = new Uint8Array(256);
FIELD_BYTE[9] = 1;
for (let c = 32; c < 256; c++) if (c !== 127) FIELD_BYTE[c] = 1;

/** What a hexadecimal digit is worth; 255 for every other byte. */
export const HEX: Uint8Array = new Uint8Array(256).fill(255);
for (let d = 0; d < 10; d++) HEX[48 + d] = d;
for (let d = 10; d < 16; d++) HEX[55 + d] = HEX[87 + d] = d;

const TOKEN_TEXT = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const VALUE_TEXT = /^[\t\x20-\x7e\x80-\xff]*$/;
const TARGET_TEXT = /^[\x21-\x7e]+$/;

/** Whether the text is a token. */
export function isToken(text: string): boolean {
  return TOKEN_TEXT.test(text);
}

/** Whether the text may stand as a field value: no CR, LF, NUL or other control, no wide character. */
export function isFieldValue(text: string): boolean {
  return VALUE_TEXT.test(text);
}

/** Shows a text in an error message: quoted, escaped, not endless. */
export function quoted(text: string): string {
  return JSON.stringify(text.length > 120 ? text.slice(0, 120) + "…" : text);
}

/** Refuses a method that is not a token (RFC 9110 §9.1). */
export function checkMethod(method: string): void {
  if (!isToken(method)) {
    throw new LocalProtocolError(
      `Cannot send the request: method ${quoted(method)} is not a token`,
    );
  }
}

/** Refuses a request target with spaces, controls or characters beyond ASCII (RFC 9112 §3.2). */
export function checkTarget(target: string): void {
  if (!TARGET_TEXT.test(target)) {
    throw new LocalProtocolError(
      `Cannot send the request: target ${quoted(target)} holds what must be escaped`,
    );
  }
}

/** Refuses a field that would not stand on one line of a head as it is meant (RFC 9112 §5). */
export function checkField(name: string, value: string): void {
  if (!isToken(name)) {
    throw new LocalProtocolError(`Cannot send the header: name ${quoted(name)} is not a token`);
  }
  if (!isFieldValue(value)) {
    throw new LocalProtocolError(
      `Cannot send the header ${name}: value ${quoted(value)} holds a control or wide character`,
    );
  }
}

/**
 * Refuses a field that says how a body is framed: the writer says it, from the body's own length,
 * and a second opinion is how requests are smuggled (RFC 9112 §11.2).
 */
export function checkNotFraming(name: string): void {
  if (name.length !== 14 && name.length !== 17) return;
  const lower = name.toLowerCase();
  if (lower === "content-length" || lower === "transfer-encoding") {
    throw new LocalProtocolError(`Cannot send the header ${name}: the body's length decides it`);
  }
}

/** The bytes as text, one character a byte (isomorphic; TextDecoder's latin1 is windows-1252). */
export function latin1(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += 4096) {
    text += String.fromCharCode(...bytes.subarray(at, at + 4096));
  }
  return text;
}

/** A text of one byte a character as bytes. */
export function latin1Bytes(text: string): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(text.length);
  for (let at = 0; at < text.length; at++) bytes[at] = text.charCodeAt(at);
  return bytes;
}
