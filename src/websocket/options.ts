import type { DeflateOptions } from "../protocol/websocket/deflate.ts";

/** What both ends of a connection can be told. */
export interface SessionOptions {
  /** Milliseconds for each wait. Default 30,000; a loop over messages waits without end unless set. */
  timeoutMs?: number;
  /** Bytes of one frame's payload that are taken. Default 65,535, as the seed has it. */
  maxPayloadLen?: number;
  /** Bytes of one message, inflated, that are taken. Default 16 MiB, or `maxPayloadLen` if larger. */
  maxMessageLen?: number;
  /** Whether messages may be compressed (RFC 7692), and how. Default `false`. */
  compression?: boolean | DeflateOptions;
  /**
   * Milliseconds between pings. A peer from which nothing has come by the next one is taken for lost.
   * Default 0: none.
   */
  pingIntervalMs?: number;
  /** Milliseconds for the peer's part in closing; then it is cut off. Default 5,000. */
  closeTimeoutMs?: number;
}

/** The seed's default for every wait, in milliseconds. */
export const DEFAULT_TIMEOUT_MS = 30_000;

/** How long the peer's part in closing may take, in milliseconds. */
export const DEFAULT_CLOSE_TIMEOUT_MS = 5_000;

/** Compression as options; `null` for none. */
export function deflateOptions(
  compression: boolean | DeflateOptions | undefined,
): DeflateOptions | null {
  if (compression === undefined || compression === false) return null;
  const options = compression === true ? {} : compression;
  for (const name of ["serverMaxWindowBits", "clientMaxWindowBits"] as const) {
    const bits = options[name];
    if (bits !== undefined && !(Number.isInteger(bits) && bits >= 8 && bits <= 15)) {
      throw new RangeError(`Cannot set ${name}: ${bits} is not a whole number from 8 to 15`);
    }
  }
  return options;
}

/**
 * Checks the numbers among the options.
 *
 * @throws {RangeError} Where one of them is none that makes sense.
 */
export function checkOptions(options: SessionOptions): void {
  for (const name of ["maxPayloadLen", "maxMessageLen"] as const) {
    const value = options[name];
    if (value !== undefined && !(Number.isSafeInteger(value) && value >= 125)) {
      throw new RangeError(`Cannot set ${name}: ${value} is not a whole number from 125 up`);
    }
  }
  for (const name of ["pingIntervalMs", "closeTimeoutMs"] as const) {
    const value = options[name];
    if (value !== undefined && !(value >= 0)) {
      throw new RangeError(`Cannot set ${name}: ${value} is not a duration in milliseconds`);
    }
  }
  deflateOptions(options.compression);
}
