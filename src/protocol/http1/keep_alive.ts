/** How long, and for how many requests more, a server keeps a connection. */
export interface KeepAlive {
  /** Milliseconds without a request; `Infinity` where it does not say. */
  readonly timeoutMs: number;
  /** Requests to come; `Infinity` where it does not say. */
  readonly max: number;
}

const TIMEOUT = /(?:^|[,;])[ \t]*timeout[ \t]*=[ \t]*"?([0-9]+)"?[ \t]*(?:$|[,;])/i;
const MAX = /(?:^|[,;])[ \t]*max[ \t]*=[ \t]*"?([0-9]+)"?[ \t]*(?:$|[,;])/i;

/**
 * Reads a `Keep-Alive` field (RFC 2068 §19.7.1.1; the parameters as draft-thomson-hybi-http-timeout-03
 * has them). It is a hint: what is not well formed says nothing.
 */
export function parseKeepAlive(value: string): KeepAlive {
  return { timeoutMs: numberOf(value, TIMEOUT) * 1_000, max: numberOf(value, MAX) };
}

function numberOf(value: string, parameter: RegExp): number {
  const digits = parameter.exec(value);
  return digits === null ? Infinity : Number(digits[1]);
}
