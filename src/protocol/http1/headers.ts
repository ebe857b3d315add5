/**
 * The fields of a head: as they came, and as they will be sent.
 *
 * What arrives stays bytes until somebody asks: most callers look at one field or none. What is
 * sent is checked once and kept as the text that goes out, since one client sends it many times.
 *
 * @module
 */

import { checkField, checkNotFraming, latin1, latin1Bytes } from "./grammar.ts";

/** A field: its name in lower case where received, as given where sent, and its value. */
export type Field = readonly [name: string, value: string];

const ascii = new TextDecoder();

/** Whether a field is among those given, its name in lower case here and as it may be there. */
export function hasField(fields: readonly Field[], name: string): boolean {
  return fields.some(([each]) => each.toLowerCase() === name);
}

/** The fields of a received head or trailer section, which the reader has validated. */
export class ReceivedFields {
  readonly #bytes: Uint8Array;
  readonly #start: number;
  readonly #end: number;
  readonly #isAscii: boolean;
  #fields: Field[] | null = null;

  /**
   * Makes the view of a section that the reader has validated.
   *
   * @param bytes What holds the field lines; it must not change any more.
   * @param start Where the first line starts.
   * @param end Behind the last line's CRLF.
   * @param isAscii Whether no byte is above 127.
   */
  constructor(bytes: Uint8Array, start: number, end: number, isAscii: boolean) {
    this.#bytes = bytes;
    this.#start = start;
    this.#end = end;
    this.#isAscii = isAscii;
  }

  /** All fields in their order, names in lower case. */
  get all(): readonly Field[] {
    return this.#fields ??= this.#parse();
  }

  /** The values of a field, joined by commas (RFC 9110 §5.3); `null` where it is absent. */
  get(name: string): string | null {
    let joined: string | null = null;
    for (const [at, value] of this.all) {
      if (at === name) joined = joined === null ? value : `${joined}, ${value}`;
    }
    return joined;
  }

  /** A `Headers` of the platform with all fields. */
  toHeaders(): Headers {
    const headers = new Headers();
    for (const [name, value] of this.all) headers.append(name, value);
    return headers;
  }

  #parse(): Field[] {
    const section = this.#bytes.subarray(this.#start, this.#end);
    const text = this.#isAscii ? ascii.decode(section) : latin1(section);
    const fields: Field[] = [];
    for (let at = 0; at < text.length;) {
      const end = text.indexOf("\r\n", at);
      const colon = text.indexOf(":", at);
      fields.push([text.slice(at, colon).toLowerCase(), trimmed(text, colon + 1, end)]);
      at = end + 2;
    }
    return fields;
  }
}

function trimmed(text: string, start: number, end: number): string {
  while (start < end && isBlank(text.charCodeAt(start))) start++;
  while (end > start && isBlank(text.charCodeAt(end - 1))) end--;
  return text.slice(start, end);
}

/** OWS is spaces and tabs only (RFC 9110 §5.6.3), not all that `trim()` drops. */
function isBlank(code: number): boolean {
  return code === 32 || code === 9;
}

/** The fields of a message to be sent: checked when made, then only text. */
export class SentFields {
  /** The field lines as they go out, each with its CRLF. */
  readonly text: string;
  #isSentAgain = false;
  #bytes: Uint8Array<ArrayBuffer> | null = null;

  /**
   * Checks the fields and writes them down.
   *
   * @param fields What to send, in this order; values lose blanks at their ends.
   * @param before Fields that stand before them, already checked.
   * @throws {LocalProtocolError} Where a name is no token or is a framing field, which the writer
   *   adds itself, or a value holds what ends a line.
   */
  constructor(fields: Iterable<Field>, before?: SentFields) {
    let text = before?.text ?? "";
    for (const [name, value] of fields) {
      checkField(name, value);
      checkNotFraming(name);
      text += `${name}: ${trimmed(value, 0, value.length)}\r\n`;
    }
    this.text = text;
  }

  /**
   * @internal What stands behind the target of a request without a body, as bytes; `null` the first
   * time, since most fields that are made for one request are sent once.
   */
  get template(): Uint8Array<ArrayBuffer> | null {
    if (!this.#isSentAgain) {
      this.#isSentAgain = true;
      return null;
    }
    return this.#bytes ??= latin1Bytes(` HTTP/1.1\r\n${this.text}\r\n`);
  }
}

/** No fields at all. */
export const NO_FIELDS: ReceivedFields = new ReceivedFields(new Uint8Array(0), 0, 0, true);
