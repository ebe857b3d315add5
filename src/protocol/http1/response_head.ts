import type { Framing } from "./framing.ts";
import { latin1 } from "./grammar.ts";
import type { ReceivedFields } from "./headers.ts";

/** The head of a response: its status line, its fields, and what they mean for the connection. */
export class ResponseHead {
  /** The three-digit status. */
  readonly status: number;
  /** 1 for HTTP/1.1, 0 for HTTP/1.0. */
  readonly minorVersion: number;
  /** The fields. */
  readonly fields: ReceivedFields;
  /** How the body ends. */
  readonly framing: Framing;
  /** Whether the connection may carry another response after this one (RFC 9112 §9.3). */
  readonly keepsAlive: boolean;
  /** Whether a `Content-Encoding` field is there. */
  readonly isEncoded: boolean;
  /** What `Keep-Alive` says; `null` where it is absent. */
  readonly keepAlive: string | null;
  readonly #bytes: Uint8Array;
  readonly #reasonStart: number;
  readonly #reasonEnd: number;

  /** @internal Heads are made by the reader. */
  constructor(
    status: number,
    minorVersion: number,
    bytes: Uint8Array,
    reasonStart: number,
    reasonEnd: number,
    fields: ReceivedFields,
    framing: Framing,
    keepsAlive: boolean,
    isEncoded: boolean,
    keepAlive: string | null,
  ) {
    this.status = status;
    this.minorVersion = minorVersion;
    this.#bytes = bytes;
    this.#reasonStart = reasonStart;
    this.#reasonEnd = reasonEnd;
    this.fields = fields;
    this.framing = framing;
    this.keepsAlive = keepsAlive;
    this.isEncoded = isEncoded;
    this.keepAlive = keepAlive;
  }

  /** The reason phrase, one character a byte; empty where there is none. */
  get reason(): string {
    return latin1(this.#bytes.subarray(this.#reasonStart, this.#reasonEnd));
  }
}
