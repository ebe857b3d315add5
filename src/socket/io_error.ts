import {
  BrokenError,
  ClosedError,
  DnsError,
  LasaError,
  type LasaErrorOptions,
  TimeoutError,
  TlsError,
} from "../errors.ts";

// What the platform's errors say, in the words of the seed (those of the C library).
const CAUSES: readonly [RegExp, string][] = [
  [/refused|ECONNREFUSED/i, "connection refused"],
  [/reset|ECONNRESET/i, "connection reset by peer"],
  [/broken ?pipe|EPIPE/i, "broken pipe"],
  [/no such file|ENOENT/i, "no such file or directory"],
  [/aborted|ECONNABORTED/i, "connection aborted"],
  [/address already in use|addrinuse|EADDRINUSE/i, "address already in use"],
  [
    // For a local address that is not this machine's, Deno's node:net says EINVAL.
    /(cannot|can't) assign requested|addrnotavailable|EADDRNOTAVAIL|bind EINVAL/i,
    "cannot assign requested address",
  ],
  [/network.*unreachable|ENETUNREACH/i, "network is unreachable"],
  [/no route|host.*unreachable|EHOSTUNREACH/i, "no route to host"],
  [/not connected|ENOTCONN/i, "not connected"],
  [/requires \w+ access|notcapable|permission denied|EACCES|EPERM/i, "permission denied"],
];
const DNS = /lookup|ENOTFOUND|EAI_|name or service not known|no address|resolve/i;
const TLS = /certificate|handshake|\btls\b|\bssl\b|alert|CERT_|UnknownIssuer|NotValidForName/i;

/**
 * Turns an error of the platform into one of lasa's, its own text and object kept.
 *
 * @param error What was thrown.
 * @param doing What could not be done, as in `"connect to 127.0.0.1:80"`.
 * @param options What else the error carries.
 */
export function ioError(error: unknown, doing: string, options: LasaErrorOptions = {}): LasaError {
  if (error instanceof LasaError) return error;
  const text = error instanceof Error ? error.message : String(error);
  const name = error instanceof Error
    ? `${error.name} ${(error as { code?: string }).code ?? ""}`
    : "";
  const carried = { ...options, cause: error };
  if (error instanceof Deno.errors.BadResource || error instanceof Deno.errors.Interrupted) {
    return new ClosedError(`Cannot ${doing}: closed`, carried);
  }
  if (error instanceof Deno.errors.TimedOut || /ETIMEDOUT/.test(name)) {
    return new TimeoutError(`Cannot ${doing}: connection timed out`, {
      ...carried,
      phase: "connect",
    });
  }
  for (const [pattern, cause] of CAUSES) {
    if (pattern.test(name) || pattern.test(text)) {
      const message = `Cannot ${doing}: ${cause}${missingPermission(text)}`;
      return new BrokenError(message, { ...carried, code: cause });
    }
  }
  if (DNS.test(text) || DNS.test(name)) return new DnsError(`Cannot ${doing}: ${text}`, carried);
  if (error instanceof Deno.errors.InvalidData || TLS.test(text) || TLS.test(name)) {
    return new TlsError(`Cannot ${doing}: ${text}`, carried);
  }
  return new BrokenError(`Cannot ${doing}: ${text}`, carried);
}

/** The permission that Deno says it lacks, as it is given on the command line. */
function missingPermission(text: string): string {
  const [, kind, what] = /^Requires (\w+) access to "([^"]+)"/.exec(text) ?? [];
  return kind === undefined ? "" : `; run Deno with --allow-${kind}=${what}`;
}
