/**
 * Every error that lasa throws, on one page.
 *
 * The seed's calls return `nil, err, partial`; here a failed call throws. The seed's error string is
 * the error's `code`, what had arrived is its `partial`. Three words part who is at fault: *closed*
 * (you did it), *broken* (the world did), *busy* (two users collided); and *local* misuse is kept
 * apart from a *remote* fault.
 *
 * @module
 */

/** How much of a request had left this machine when it failed. */
export type SentState = "none" | "partial" | "all";

/** The phases of an exchange that a timeout can name. */
export type TimeoutPhase =
  | "queue"
  | "connect"
  | "tls"
  | "send"
  | "headers"
  | "body"
  | "total"
  | "read"
  | "wait"
  | "deadline";

/** What every error of lasa may carry beside its message. */
export interface LasaErrorOptions extends ErrorOptions {
  /** The short, stable name of what went wrong; the seed's error string. */
  code?: string;
  /** What had arrived before the failure. */
  partial?: Uint8Array | string;
  /** How much of the HTTP request had been sent. */
  sent?: SentState;
}

/**
 * The root of lasa's errors.
 *
 * @example One tree for every failure
 * ```ts
 * import { LasaError, TimeoutError } from "@lasa/lasa";
 *
 * const error = new TimeoutError("Cannot read: no data within 10 ms", { phase: "read" });
 * console.log(error instanceof LasaError, error.code, error.phase);
 * ```
 */
export class LasaError extends Error {
  /** The class's name, as it stands in stacks and logs. */
  override name = "LasaError";
  /** The short, stable name of what went wrong; the seed's error string. */
  readonly code: string;
  /** What had arrived before the failure: bytes, or text where the call gives text. */
  partial?: Uint8Array | string;
  /** How much of the HTTP request had been sent; absent where no request is concerned. */
  sent?: SentState;

  /** Makes an error with its plain message and what it carries. */
  constructor(message: string, options: LasaErrorOptions = {}) {
    super(message, options);
    this.code = options.code ?? "error";
    if (options.partial !== undefined) this.partial = options.partial;
    if (options.sent !== undefined) this.sent = options.sent;
  }
}

/** What a {@linkcode TimeoutError} is made with. */
export interface TimeoutErrorOptions extends LasaErrorOptions {
  /** The phase in which time ran out. */
  phase?: TimeoutPhase;
}

/** Time ran out; `phase` says where. A socket whose read timed out stays usable. */
export class TimeoutError extends LasaError {
  /** The class's name, as it stands in stacks and logs. */
  override name = "TimeoutError";
  /** The phase in which time ran out. */
  readonly phase: TimeoutPhase;

  /** Makes a timeout error; its code is `"timeout"`. */
  constructor(message: string, options: TimeoutErrorOptions = {}) {
    super(message, { code: "timeout", ...options });
    this.phase = options.phase ?? "wait";
  }
}

/** The thing is closed: by this side, or by the peer's orderly end. */
export class ClosedError extends LasaError {
  /** The class's name, as it stands in stacks and logs. */
  override name = "ClosedError";

  /** Makes a closed error; its code is `"closed"`. */
  constructor(message = "closed", options: LasaErrorOptions = {}) {
    super(message, { code: "closed", ...options });
  }
}

/** The world broke it: refused, reset, unreachable. The code is the plain cause. */
export class BrokenError extends LasaError {
  /** The class's name, as it stands in stacks and logs. */
  override name = "BrokenError";

  /** Makes a broken error; its code is the plain cause, `"broken"` where none is known. */
  constructor(message: string, options: LasaErrorOptions = {}) {
    super(message, { code: "broken", ...options });
  }
}

/** Two users collided on a thing that serves one at a time. */
export class BusyError extends LasaError {
  /** The class's name, as it stands in stacks and logs. */
  override name = "BusyError";

  /** Makes a busy error; its code is `"busy"`. */
  constructor(message: string, options: LasaErrorOptions = {}) {
    super(message, { code: "busy", ...options });
  }
}

/** This side asked for what the protocol, or the API's rules, do not allow. */
export class LocalProtocolError extends LasaError {
  /** The class's name, as it stands in stacks and logs. */
  override name = "LocalProtocolError";

  /** Makes a local protocol error; its code is `"local protocol"` unless given. */
  constructor(message: string, options: LasaErrorOptions = {}) {
    super(message, { code: "local protocol", ...options });
  }
}

/** The peer broke the protocol. */
export class RemoteProtocolError extends LasaError {
  /** The class's name, as it stands in stacks and logs. */
  override name = "RemoteProtocolError";

  /** Makes a remote protocol error; its code is `"remote protocol"` unless given. */
  constructor(message: string, options: LasaErrorOptions = {}) {
    super(message, { code: "remote protocol", ...options });
  }
}

/** What a {@linkcode LimitError} is made with. */
export interface LimitErrorOptions extends LasaErrorOptions {
  /** The option that holds the limit. */
  limit?: string;
}

/** A limit was reached; `limit` is the name of the option that holds it. */
export class LimitError extends LasaError {
  /** The class's name, as it stands in stacks and logs. */
  override name = "LimitError";
  /** The option that holds the limit, e.g. `"maxHeaderBytes"`. */
  readonly limit: string;

  /** Makes a limit error; its code is `"limit"`. */
  constructor(message: string, options: LimitErrorOptions = {}) {
    super(message, { code: "limit", ...options });
    this.limit = options.limit ?? "";
  }
}

/** The light thread that waited here was killed. */
export class KilledError extends LasaError {
  /** The class's name, as it stands in stacks and logs. */
  override name = "KilledError";

  /** Makes a killed error; its code is `"killed"`. */
  constructor(message = "killed", options: LasaErrorOptions = {}) {
    super(message, { code: "killed", ...options });
  }
}

/** The caller's `AbortSignal` fired; `cause` is the signal's reason. */
export class AbortedError extends LasaError {
  /** The class's name, as it stands in stacks and logs. */
  override name = "AbortedError";

  /** Makes an aborted error; its code is `"aborted"`. */
  constructor(message = "aborted", options: LasaErrorOptions = {}) {
    super(message, { code: "aborted", ...options });
  }
}

/** A host name has no address. */
export class DnsError extends LasaError {
  /** The class's name, as it stands in stacks and logs. */
  override name = "DnsError";

  /** Makes a DNS error; its code is `"dns"`. */
  constructor(message: string, options: LasaErrorOptions = {}) {
    super(message, { code: "dns", ...options });
  }
}

/** A TLS handshake, certificate or record is not acceptable. */
export class TlsError extends LasaError {
  /** The class's name, as it stands in stacks and logs. */
  override name = "TlsError";

  /** Makes a TLS error; its code is `"tls"`. */
  constructor(message: string, options: LasaErrorOptions = {}) {
    super(message, { code: "tls", ...options });
  }
}

/** The platform cannot do this; the message says what is missing and what to do. */
export class UnsupportedError extends LasaError {
  /** The class's name, as it stands in stacks and logs. */
  override name = "UnsupportedError";

  /** Makes an unsupported error; its code is `"unsupported"`. */
  constructor(message: string, options: LasaErrorOptions = {}) {
    super(message, { code: "unsupported", ...options });
  }
}
