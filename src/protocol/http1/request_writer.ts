/**
 * Requests in, bytes out.
 *
 * Knows no socket: whoever owns one takes the output when it likes, so the requests of a whole turn
 * leave in one write. Heads are gathered as text and encoded once; a joined text costs less than
 * a call per head. Refuses to write what a server could read as something else.
 *
 * @module
 */

import { LocalProtocolError } from "../../errors.ts";
import { checkMethod, checkTarget, latin1Bytes } from "./grammar.ts";
import type { RequestEvent } from "./events.ts";
import type { Field } from "./headers.ts";
import { trailerFields } from "./trailers.ts";

const encoder = new TextEncoder();
const EMPTY = new Uint8Array(0);
const GET = latin1Bytes("GET ");
const VERSION = latin1Bytes(" HTTP/1.1\r\n");
/** A buffer that one large body made larger than this is not kept. */
const LARGEST_KEPT = 512 * 1024;

/** Writes the requests of one connection. */
export class RequestWriter {
  #text = "";
  #buffer: Uint8Array<ArrayBuffer> = EMPTY;
  #length = 0;
  // What was taken last; it may still be on its way out while more is written.
  #spare: Uint8Array<ArrayBuffer> = EMPTY;
  // What the body of the request being written still owes: bytes, "chunked", or 0 between requests.
  #owed: number | "chunked" = 0;
  #isInBody = false;

  /** Whether a request's body is being written, so that no other request may start. */
  get isInBody(): boolean {
    return this.#isInBody;
  }

  /** Whether there is output to take. */
  get hasOutput(): boolean {
    return this.#text.length > 0 || this.#length > 0;
  }

  /**
   * Writes the next piece of a request.
   *
   * A request without a body is whole with its head; any other is ended by an `end` event.
   *
   * @throws {LocalProtocolError} Where the piece is out of order, too long for the length that was
   *   announced, or holds what must not stand in a head.
   */
  send(event: RequestEvent): void {
    switch (event.type) {
      case "request":
        return this.#sendHead(event);
      case "data":
        return this.#sendData(event.bytes);
      case "end":
        return this.#sendEnd(event.trailers);
    }
  }

  /** Takes what was written; the bytes stay as they are until the next time. */
  takeOutput(): Uint8Array<ArrayBuffer> {
    this.#flushText();
    const output = this.#buffer.subarray(0, this.#length);
    const spare = this.#spare;
    this.#spare = this.#buffer.length > LARGEST_KEPT ? EMPTY : this.#buffer;
    this.#buffer = spare;
    this.#length = 0;
    return output;
  }

  #sendHead(event: Extract<RequestEvent, { type: "request" }>): void {
    if (this.#isInBody) {
      throw new LocalProtocolError("Cannot start a request: the body before it has not ended");
    }
    const length = event.bodyLength;
    if (length === 0 && event.method === "GET") {
      const template = event.fields.template;
      if (template !== null && event.expectsContinue !== true) {
        return this.#appendGet(event.target, template);
      }
    }
    checkMethod(event.method);
    checkTarget(event.target);
    checkBodyLength(length);
    // RFC 9112 §3: request-line, field lines, an empty line.
    let head = `${event.method} ${event.target} HTTP/1.1\r\n${event.fields.text}`;
    if (length === "chunked") {
      head += "Transfer-Encoding: chunked\r\n";
    } else if (length > 0 || expectsContent(event.method)) {
      // RFC 9110 §8.6: a length of 0 is told for methods that usually have content.
      head += `Content-Length: ${length}\r\n`;
    }
    if (event.expectsContinue === true) {
      if (length === 0) {
        throw new LocalProtocolError("Cannot expect 100 Continue: the request has no body");
      }
      head += "Expect: 100-continue\r\n";
    }
    this.#text += head + "\r\n";
    this.#owed = length;
    this.#isInBody = length !== 0;
  }

  /**
   * A head from a template. Encoding a text costs a call of the platform, 150 ns; where a request
   * leaves alone that is more than all else that is done for its head.
   */
  #appendGet(target: string, template: Uint8Array): void {
    this.#flushText();
    this.#reserve(GET.length + target.length + VERSION.length + template.length);
    const buffer = this.#buffer;
    let at = this.#length;
    for (let i = 0; i < GET.length; i++) buffer[at++] = GET[i];
    for (let i = 0; i < target.length; i++) {
      const code = target.charCodeAt(i);
      if (code < 0x21 || code > 0x7e) checkTarget(target);
      buffer[at++] = code;
    }
    if (target.length === 0) checkTarget(target);
    for (let i = 0; i < VERSION.length; i++) buffer[at++] = VERSION[i];
    buffer.set(template, at);
    this.#length = at + template.length;
  }

  #sendData(bytes: Uint8Array): void {
    if (!this.#isInBody) {
      throw new LocalProtocolError("Cannot send body bytes: no body was announced");
    }
    if (bytes.length === 0) return;
    if (this.#owed === "chunked") {
      // RFC 9112 §7.1: an empty chunk would end the body, hence the return above.
      this.#text += `${bytes.length.toString(16)}\r\n`;
      this.#append(bytes);
      this.#text += "\r\n";
      return;
    }
    if (bytes.length > this.#owed) {
      throw new LocalProtocolError(
        `Cannot send ${bytes.length} body bytes: ${this.#owed} are left of the announced length`,
      );
    }
    this.#owed -= bytes.length;
    this.#append(bytes);
  }

  #sendEnd(trailers: Iterable<Field> | undefined): void {
    if (!this.#isInBody) throw new LocalProtocolError("Cannot end a body: none was announced");
    if (this.#owed === "chunked") {
      // Checked before a byte is written: a refused trailer leaves the body as it was, still open.
      const text = trailers === undefined ? "" : trailerFields(trailers).text;
      this.#text += `0\r\n${text}\r\n`;
    } else {
      if (this.#owed > 0) {
        throw new LocalProtocolError(
          `Cannot end the body: ${this.#owed} bytes of the announced length are missing`,
        );
      }
      if (trailers !== undefined) {
        throw new LocalProtocolError("Cannot send trailers: the body is not chunked");
      }
    }
    this.#owed = 0;
    this.#isInBody = false;
  }

  #append(bytes: Uint8Array): void {
    this.#flushText();
    this.#reserve(bytes.length);
    this.#buffer.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  #flushText(): void {
    const text = this.#text;
    if (text.length === 0) return;
    this.#text = "";
    // Heads are ASCII nearly always; then one byte a character is enough.
    this.#reserve(text.length);
    const room = this.#buffer.subarray(this.#length);
    const { read, written } = encoder.encodeInto(text, room);
    if (read !== text.length || written !== text.length) {
      // Values are one byte a character (obs-text), never UTF-8 behind the caller's back.
      for (let at = 0; at < text.length; at++) room[at] = text.charCodeAt(at);
    }
    this.#length += text.length;
  }

  #reserve(more: number): void {
    const wanted = this.#length + more;
    if (wanted <= this.#buffer.length) return;
    // Doubled from one size only, so that pieces of the largest size that is kept fit what is kept.
    let size = Math.max(this.#buffer.length, 4096);
    while (size < wanted) size *= 2;
    const grown = new Uint8Array(size);
    grown.set(this.#buffer.subarray(0, this.#length));
    this.#buffer = grown;
  }
}

function checkBodyLength(length: number | "chunked"): void {
  if (length !== "chunked" && !(Number.isSafeInteger(length) && length >= 0)) {
    throw new LocalProtocolError(`Cannot send the request: body length is ${length}`);
  }
}

function expectsContent(method: string): boolean {
  return method === "POST" || method === "PUT" || method === "PATCH";
}
