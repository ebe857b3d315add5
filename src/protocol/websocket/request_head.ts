/**
 * The head of the request that asks for an upgrade (RFC 9112 §3, §5), read strictly: what two readers
 * could read in two ways is refused.
 *
 * @module
 */

import { concat } from "../../bytes/concat.ts";
import { LimitError, RemoteProtocolError } from "../../errors.ts";
import { isToken } from "./extensions.ts";

/** What asks for an upgrade. */
export interface RequestHead {
  /** The method. */
  readonly method: string;
  /** What is asked for: path and query, as they came. */
  readonly target: string;
  /** The fields; made anew each time. */
  readonly headers: Headers;
}

/** Bytes of head kept before giving up, unless told otherwise; a larger one is a mistake or an attack. */
export const DEFAULT_MAX_HEADER_BYTES: number = 16 * 1024;

const REQUEST_LINE = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+) ([\x21-\x7e]+) HTTP\/1\.([0-9])$/;
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;
// Many at once: a character each leaves 32 bytes of rope behind.
const MOST_ARGUMENTS = 4096;
const CR = 13;
const LF = 10;

/** Reads one head. */
export class RequestHeadReader {
  readonly #maxBytes: number;
  #bytes: Uint8Array<ArrayBuffer> = new Uint8Array(0);
  #searched = 0;

  /** Makes a reader that gives up where a head has more than `maxBytes`. */
  constructor(maxBytes: number = DEFAULT_MAX_HEADER_BYTES) {
    this.#maxBytes = maxBytes;
  }

  /** Hands over a copy of bytes that arrived. */
  receive(bytes: Uint8Array): void {
    this.#bytes = concat([this.#bytes, bytes]);
  }

  /**
   * Gives the head.
   *
   * @returns The head, and what came behind it; `null` where more bytes are needed.
   * @throws {RemoteProtocolError} Where it is no HTTP/1.1 request.
   * @throws {LimitError} Where it is too large.
   */
  next(): { head: RequestHead; rest: Uint8Array<ArrayBuffer> } | null {
    const end = this.#findEnd();
    if ((end < 0 ? this.#bytes.length : end) > this.#maxBytes) {
      throw new LimitError(`Cannot read the request: its head exceeds ${this.#maxBytes} bytes`, {
        limit: "maxHeaderBytes",
      });
    }
    if (end < 0) return null;
    const head = parseHead(this.#bytes.subarray(0, end));
    return { head, rest: this.#bytes.slice(end + 4) };
  }

  /** Where the empty line stands; -1 where it has not come. */
  #findEnd(): number {
    const bytes = this.#bytes;
    for (let at = this.#searched; at + 3 < bytes.length; at++) {
      if (
        bytes[at] === CR && bytes[at + 1] === LF && bytes[at + 2] === CR && bytes[at + 3] === LF
      ) return at;
    }
    this.#searched = Math.max(0, bytes.length - 3);
    return -1;
  }
}

function parseHead(bytes: Uint8Array): RequestHead {
  let text = "";
  for (let at = 0; at < bytes.length; at += MOST_ARGUMENTS) {
    text += String.fromCharCode(...bytes.subarray(at, at + MOST_ARGUMENTS));
  }
  const end = text.indexOf("\r\n");
  const first = end < 0 ? text : text.slice(0, end);
  const [, method, target, minor] = REQUEST_LINE.exec(first) ?? [];
  // RFC 6455 §4.1: at least HTTP/1.1.
  if (method === undefined || minor === "0") throw badRequest("request line", first);
  return new ReadHead(method, target, end < 0 ? "" : text.slice(end + 2));
}

/** A head whose fields are text until somebody asks: a session that keeps it is small. */
class ReadHead implements RequestHead {
  readonly method: string;
  readonly target: string;
  readonly #lines: string;
  // For the first who asks, who judges the request; made once saves the handshake half its fields.
  #made: Headers | null;

  constructor(method: string, target: string, lines: string) {
    this.method = method;
    this.target = target;
    this.#lines = lines;
    // What is no field is found out here, not where somebody looks at it.
    this.#made = parseFields(lines);
  }

  get headers(): Headers {
    const headers = this.#made ?? parseFields(this.#lines);
    this.#made = null;
    return headers;
  }
}

function parseFields(lines: string): Headers {
  const headers = new Headers();
  if (lines === "") return headers;
  for (const line of lines.split("\r\n")) {
    const colon = line.indexOf(":");
    const name = line.slice(0, Math.max(0, colon));
    const value = line.slice(colon + 1).replace(/^[ \t]+|[ \t]+$/g, "");
    // RFC 9112 §5.1 and §5.2: no blank before the colon, no line that goes on from the last one.
    if (!isToken(name) || !VALUE.test(value)) throw badRequest("header line", line);
    headers.append(name, value);
  }
  return headers;
}

function badRequest(what: string, line: string): RemoteProtocolError {
  const shown = JSON.stringify(line.length > 120 ? line.slice(0, 120) + "…" : line);
  return new RemoteProtocolError(`Cannot read the ${what}: it is ${shown}`);
}
