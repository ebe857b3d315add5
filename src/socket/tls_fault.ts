import { TlsError } from "../errors.ts";

// What the platform's TLS (rustls) and node:tls say, and what it means.
const CAUSES: readonly [RegExp, string][] = [
  [/NotValidYet|CERT_NOT_YET_VALID/i, "its certificate is not valid yet"],
  [/Expired|CERT_HAS_EXPIRED/i, "its certificate has expired"],
  [/not valid for name|NotValidForName|ALTNAME_INVALID/i, "its certificate is for another name"],
  [
    /UnknownIssuer|BadSignature|UNABLE_TO_|SELF_SIGNED|CaUsedAsEndEntity/i,
    "its certificate is of an authority that is not trusted here",
  ],
  [/Revoked/i, "its certificate was revoked"],
  [/NoApplicationProtocol|NO_APPLICATION_PROTOCOL/i, "it speaks none of the protocols offered"],
  [/invalid peer certificate|CERT_/i, "its certificate is not acceptable"],
];

/**
 * What a handshake failed with, told for people: whom it was with and why.
 *
 * @param error What the platform threw.
 * @param serverName The name that was asked for.
 * @param offered The protocols that were offered.
 * @returns A {@linkcode TlsError} where the cause is known; else the error as it was.
 */
export function tlsFault(error: unknown, serverName: string, offered?: readonly string[]): unknown {
  if (!(error instanceof Error)) return error;
  const text = `${(error as { code?: string }).code ?? ""} ${error.message}`;
  const known = CAUSES.find(([pattern]) => pattern.test(text));
  if (known === undefined) return error;
  const what = /PROTOCOL/i.test(known[0].source)
    ? `${known[1]} (${offered?.join(", ")})`
    : known[1];
  return new TlsError(`Cannot speak TLS with ${serverName}: ${what}: ${error.message}`, {
    cause: error,
  });
}
