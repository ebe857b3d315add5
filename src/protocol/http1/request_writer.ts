/**
 * Requests in, bytes out.
 *
 * Knows no socket: whoever owns one takes the output when it likes, so the requests of a whole turn
 * leave in one write. Refuses to write what a server could read as something else.
 *
 * @module
 */

import { LocalProtocolError } from "../../errors.ts";
import { checkMethod, checkTarget, latin1Bytes } from "./grammar.ts";
import type { RequestEvent } from "./events.ts";
import type { Field } from "./headers.ts";
import { Output } from "./output.ts";
import { trailerFields } from "./trailers.ts";

const GET = latin1Bytes("GET ");
/**
 * Bytes that go out in one write where there are as many. Of 256 MiB in pieces of 64 KiB, a core
 * spent 82 ms in writes of one piece, 66 in writes of 512 KiB and 45 in these, the copy included.
 */
const WRITE_BYTES = 1024 * 1024;
/** Pieces from this size on are not copied: to gather those of 256 KiB still takes a fifth off. */
const WHOLE_BYTES = 512 * 1024;
/** Heads, size lines and line ends that stand beside pieces in a buffer. */
const FRAMING_BYTES = 4 * 1024;
/** A buffer that a body made larger is let go with its end; one of 64 KiB and its head fit. */
const LARGEST_KEPT = 128 * 1024;

/** Writes the requests of one connection. */
export class RequestWriter {
  readonly #output = new Output();
  // What the body of the request being written still owes: bytes, "chunked", or 0 between requests.
  #owed: number | "chunked" = 0;
  #isInBody = false;

  /** Whether a request's body is being written, so that no other request may start. */
  get isInBody(): boolean {
    return this.#isInBody;
  }

  /** Whether there is output to take. */
  get hasOutput(): boolean {
    return this.#output.size > 0;
  }

  /**
   * Whether a piece of a body can join what is there. Where it cannot, the output should be sent
   * first: so it stays below 1 MiB.
   */
  hasRoomFor(bytes: Uint8Array): boolean {
    const { size } = this.#output;
    return size <= FRAMING_BYTES || size + bytes.length <= WRITE_BYTES - FRAMING_BYTES;
  }

  /**
   * Whether a piece of a body stands in the output as it was given. Until that is sent, nobody may
   * change its bytes; all other pieces were copied.
   */
  get hasLargePiece(): boolean {
    return this.#output.hasWhole;
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

  /**
   * Takes what was written, or the first part of it: large pieces come as they were given. The bytes
   * stay as they are until the next time, those of a large piece as long as its owner leaves them.
   */
  takeOutput(): Uint8Array<ArrayBuffer> {
    return this.#output.take(this.#isInBody ? WRITE_BYTES : LARGEST_KEPT);
  }

  /** What was taken has been sent: its memory serves again. */
  onSent(): void {
    this.#output.onSent();
  }

  #sendHead(event: Extract<RequestEvent, { type: "request" }>): void {
    if (this.#isInBody) {
      throw new LocalProtocolError("Cannot start a request: the body before it has not ended");
    }
    const length = event.bodyLength;
    if (length === 0 && event.method === "GET") {
      const template = event.fields.template;
      if (template !== null && event.expectsContinue !== true) {
        return this.#sendGet(event.target, template);
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
    this.#output.addText(head + "\r\n");
    this.#owed = length;
    this.#isInBody = length !== 0;
  }

  /**
   * A head from a template. Encoding a text costs a call of the platform, 150 ns; where a request
   * leaves alone that is more than all else that is done for its head.
   */
  #sendGet(target: string, template: Uint8Array): void {
    checkTarget(target);
    this.#output.addBetween(GET, target, template);
  }

  #sendData(bytes: Uint8Array): void {
    if (!this.#isInBody) {
      throw new LocalProtocolError("Cannot send body bytes: no body was announced");
    }
    if (bytes.length === 0) return;
    const isWhole = bytes.length >= WHOLE_BYTES;
    if (this.#owed === "chunked") {
      // RFC 9112 §7.1: an empty chunk would end the body, hence the return above.
      if (!isWhole) return this.#output.addToChunk(bytes);
      this.#output.addText(`${bytes.length.toString(16)}\r\n`);
      this.#output.addWhole(bytes as Uint8Array<ArrayBuffer>);
      return this.#output.addText("\r\n");
    }
    if (bytes.length > this.#owed) {
      throw new LocalProtocolError(
        `Cannot send ${bytes.length} body bytes: ${this.#owed} are left of the announced length`,
      );
    }
    this.#owed -= bytes.length;
    if (isWhole) this.#output.addWhole(bytes as Uint8Array<ArrayBuffer>);
    else this.#output.addBytes(bytes);
  }

  #sendEnd(trailers: Iterable<Field> | undefined): void {
    if (!this.#isInBody) throw new LocalProtocolError("Cannot end a body: none was announced");
    if (this.#owed === "chunked") {
      // Checked before a byte is written: a refused trailer leaves the body as it was, still open.
      const text = trailers === undefined ? "" : trailerFields(trailers).text;
      this.#output.addText(`0\r\n${text}\r\n`);
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
}

function checkBodyLength(length: number | "chunked"): void {
  if (length !== "chunked" && !(Number.isSafeInteger(length) && length >= 0)) {
    throw new LocalProtocolError(`Cannot send the request: body length is ${length}`);
  }
}

function expectsContent(method: string): boolean {
  return method === "POST" || method === "PUT" || method === "PATCH";
}
