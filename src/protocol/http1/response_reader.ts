/**
 * Bytes in, responses out: the reading half of a pipelined connection.
 *
 * Knows the methods of the requests that are still to be answered, since HEAD, CONNECT and upgrades
 * change how a reply is framed, and nothing else of them. Knows no socket, no clock, no promise.
 * It refuses what it could only guess at: a response that two readers could read in two ways is an
 * error, never repaired. Bytes handed to it must not change any more: fields and bodies are views
 * of them. What still bothers the author: a head that comes in pieces is copied together.
 *
 * @module
 */

import { LimitError, RemoteProtocolError } from "../../errors.ts";
import { ChunkedBody } from "./chunked.ts";
import type { ResponseEvent } from "./events.ts";
import { FieldSection } from "./field_section.ts";
import { type Framing, responseFraming } from "./framing.ts";
import { FIELD_BYTE, latin1, quoted } from "./grammar.ts";
import { NO_FIELDS } from "./headers.ts";
import { Input } from "./input.ts";
import { type ReaderLimits, readerLimits } from "./limits.ts";
import { ResponseHead } from "./response_head.ts";

const CLOSED: ResponseEvent = { type: "closed" };
const END: ResponseEvent = { type: "end", trailers: NO_FIELDS };
const PREFIX = [72, 84, 84, 80, 47, 49, 46]; // "HTTP/1."
const CR = 13;
const LF = 10;
const SP = 32;

type State = "head" | "fields" | "length" | "chunked" | "until-close" | "end" | "tunnel" | "closed";

interface Expectation {
  readonly method: string;
  readonly upgradeAsked: boolean;
}

/** Reads the responses of one connection. */
export class ResponseReader {
  readonly #limits: ReaderLimits;
  readonly #input = new Input();
  readonly #fields: FieldSection;
  readonly #expected: Expectation[] = [];
  #firstExpected = 0;
  #state: State = "head";
  #status = 0;
  #minorVersion = 1;
  #reasonBytes: Uint8Array = new Uint8Array(0);
  #reasonStart = 0;
  #reasonEnd = 0;
  #left = 0;
  #keepsAlive = true;
  #chunks: ChunkedBody | null = null;
  #blankLines = 0;
  #informationals = 0;

  /**
   * Makes a reader for a new connection.
   *
   * @param limits How much is read before giving up; what is absent has its default.
   */
  constructor(limits?: Partial<ReaderLimits>) {
    this.#limits = readerLimits(limits);
    this.#fields = new FieldSection(this.#limits);
  }

  /** How many responses are still expected, the one being read included. */
  get pending(): number {
    return this.#expected.length - this.#firstExpected;
  }

  /** Whether nothing of the next response has arrived. */
  get isBetweenResponses(): boolean {
    return this.#state === "head" && this.#input.isEmpty;
  }

  /** Bytes of the body being read that are still to be given, where its length was announced; else 0. */
  get bodyLeft(): number {
    return this.#state === "length" ? this.#left : 0;
  }

  /**
   * How many bytes that come next are the body's and nothing else: what lies between two frames, where
   * nothing received is unused. They need not pass through here; 0 where they must.
   */
  get plainLeft(): number {
    if (!this.#input.isEmpty) return 0;
    switch (this.#state) {
      case "length":
        return this.#left;
      case "chunked":
        return this.#chunks!.plainLeft;
      case "until-close":
        return Infinity;
      default:
        return 0;
    }
  }

  /** Tells of so many body bytes that came past it, no more than {@linkcode plainLeft}. */
  passBody(count: number): void {
    if (this.#state === "length") {
      this.#left -= count;
      if (this.#left === 0) this.#state = "end";
    } else if (this.#state === "chunked") {
      this.#chunks!.passBody(count);
    }
  }

  /**
   * Tells of a request that was sent, in the order of sending.
   *
   * @param method The request's method.
   * @param upgradeAsked Whether it asked for an upgrade, so that 101 is an answer.
   */
  expect(method: string, upgradeAsked = false): void {
    this.#expected.push({ method, upgradeAsked });
  }

  /** Hands over bytes that arrived; they must not change any more. */
  receive(bytes: Uint8Array<ArrayBuffer>): void {
    this.#input.push(bytes);
  }

  /** Tells that the peer will send nothing more. */
  receiveEnd(): void {
    this.#input.hasEnded = true;
  }

  /**
   * Gives what can be told of the bytes so far.
   *
   * @returns The next event, or `null` where more bytes are needed.
   * @throws {RemoteProtocolError} Where the bytes are no valid response, or end in the middle of one.
   * @throws {LimitError} Where a head, line or count is over its limit.
   */
  nextEvent(): ResponseEvent | null {
    for (;;) {
      switch (this.#state) {
        case "head":
          if (!this.#readStatusLine()) return this.#isOver() ? this.#close() : null;
          break;
        case "fields":
          if (!this.#readFields()) return null;
          return this.#headEvent();
        case "length": {
          const bytes = this.#input.takeUpTo(this.#left);
          if (bytes === null) {
            this.#needMore(`${this.#left} body bytes are missing`);
            return null;
          }
          this.#left -= bytes.length;
          if (this.#left === 0) this.#state = "end";
          return { type: "data", bytes };
        }
        case "chunked": {
          const event = this.#chunks!.nextEvent(this.#input);
          if (event === null) {
            this.#needMore("the last chunk is missing");
            return null;
          }
          if (event.type === "end") this.#finishResponse();
          return event;
        }
        case "until-close": {
          const bytes = this.#input.takeUpTo(Infinity);
          if (bytes !== null) return { type: "data", bytes };
          if (!this.#input.hasEnded) return null;
          this.#state = "end";
          break;
        }
        case "end":
          this.#finishResponse();
          return END;
        case "tunnel":
          this.#state = "closed";
          return { type: "tunnel", rest: this.#input.takeUpTo(Infinity) ?? new Uint8Array(0) };
        case "closed":
          return CLOSED;
      }
    }
  }

  #isOver(): boolean {
    if (!this.#input.hasEnded) return false;
    if (!this.#input.isEmpty) this.#needMore("the head is incomplete");
    return true;
  }

  #close(): ResponseEvent {
    this.#state = "closed";
    return CLOSED;
  }

  #needMore(what: string): void {
    if (this.#input.hasEnded) {
      throw new RemoteProtocolError(`Cannot read on: the connection ended, ${what}`, {
        code: "incomplete",
      });
    }
  }

  #readStatusLine(): boolean {
    const input = this.#input;
    const { bytes } = input;
    // llhttp and others let one CRLF pass between responses; more would be something else.
    while (input.at + 1 < bytes.length && bytes[input.at] === CR && bytes[input.at + 1] === LF) {
      if (++this.#blankLines > this.#limits.maxBlankLines) {
        throw new RemoteProtocolError("Cannot read the status line: blank lines stand before it");
      }
      input.at += 2;
    }
    const start = input.at;
    if (start === bytes.length || (bytes.length - start === 1 && bytes[start] === CR)) return false;
    for (let i = 0; i < PREFIX.length && start + i < bytes.length; i++) {
      if (bytes[start + i] !== PREFIX[i]) throw this.#badStatusLine(start);
    }
    if (!input.hasLine(this.#limits.maxLineBytes, "maxLineBytes")) return false;
    if (this.pending === 0) {
      throw new RemoteProtocolError("Cannot take a response: no request is waiting for one");
    }
    // RFC 9112 §4: HTTP-version SP status-code SP [ reason-phrase ]; the last SP may be missing.
    const status = (bytes[start + 9] - 48) * 100 + (bytes[start + 10] - 48) * 10 +
      (bytes[start + 11] - 48);
    const minor = bytes[start + 7] - 48;
    if (
      minor < 0 || minor > 9 || bytes[start + 8] !== SP || !(status >= 100 && status <= 999) ||
      !isDigit(bytes[start + 9]) || !isDigit(bytes[start + 10]) || !isDigit(bytes[start + 11])
    ) throw this.#badStatusLine(start);
    let at = start + 12;
    if (bytes[at] === SP) at++;
    else if (bytes[at] !== CR) throw this.#badStatusLine(start);
    const reasonStart = at;
    while (FIELD_BYTE[bytes[at]] === 1) at++;
    if (bytes[at] !== CR || bytes[at + 1] !== LF) throw this.#badStatusLine(start);
    this.#status = status;
    this.#minorVersion = minor;
    this.#reasonBytes = bytes;
    this.#reasonStart = reasonStart;
    this.#reasonEnd = at;
    input.at = at + 2;
    this.#fields.start(at + 2 - start);
    this.#state = "fields";
    return true;
  }

  #badStatusLine(start: number): RemoteProtocolError {
    const { bytes } = this.#input;
    const end = bytes.indexOf(LF, start);
    const line = latin1(bytes.subarray(start, end < 0 ? Math.min(bytes.length, start + 60) : end));
    return new RemoteProtocolError(`Cannot read the status line: it is ${quoted(line)}`);
  }

  #readFields(): boolean {
    if (this.#fields.read(this.#input)) return true;
    this.#needMore("the head is incomplete");
    return false;
  }

  #headEvent(): ResponseEvent {
    const fields = this.#fields;
    const expected = this.#expected[this.#firstExpected];
    const status = this.#status;
    if (status === 101 && !expected.upgradeAsked) {
      throw new RemoteProtocolError("Cannot take status 101: no upgrade was asked for");
    }
    const framing = responseFraming({
      method: expected.method,
      upgradeAsked: expected.upgradeAsked,
      status,
      minorVersion: this.#minorVersion,
      contentLength: fields.contentLength,
      transferEncoding: fields.transferEncoding,
    });
    // RFC 9112 §9.3: persistent unless told otherwise under 1.1, only where told under 1.0.
    const keepsAlive = !fields.saysClose && framing.kind !== "until-close" &&
      (this.#minorVersion > 0 || fields.saysKeepAlive);
    const head = new ResponseHead(
      status,
      this.#minorVersion,
      this.#reasonBytes,
      this.#reasonStart,
      this.#reasonEnd,
      fields.take(),
      framing,
      keepsAlive,
      fields.isEncoded,
      fields.keepAlive,
    );
    this.#blankLines = 0;
    if (status < 200 && status !== 101) {
      if (++this.#informationals > this.#limits.maxInformational) {
        throw new LimitError(
          `Cannot read on: more than ${this.#limits.maxInformational} informational responses`,
          { limit: "maxInformational" },
        );
      }
      this.#state = "head";
      return { type: "informational", head };
    }
    this.#keepsAlive = keepsAlive;
    this.#startBody(framing);
    return { type: "response", head };
  }

  #startBody(framing: Framing): void {
    switch (framing.kind) {
      case "none":
        this.#state = "end";
        break;
      case "length":
        this.#left = framing.length;
        this.#state = "length";
        break;
      case "chunked":
        (this.#chunks ??= new ChunkedBody(this.#limits)).start();
        this.#state = "chunked";
        break;
      default:
        this.#state = framing.kind;
    }
  }

  #finishResponse(): void {
    this.#informationals = 0;
    if (++this.#firstExpected === this.#expected.length) {
      this.#expected.length = this.#firstExpected = 0;
    } else if (this.#firstExpected > 256) {
      this.#expected.splice(0, this.#firstExpected);
      this.#firstExpected = 0;
    }
    // RFC 9112 §9.6: what follows a response that closes must not be taken for a response.
    this.#state = this.#keepsAlive ? "head" : "closed";
  }
}

function isDigit(byte: number): boolean {
  return byte >= 48 && byte <= 57;
}
