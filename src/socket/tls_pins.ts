/**
 * Public keys that a server is known by, as HPKP wrote them (RFC 7469 §2.4).
 *
 * @module
 */

import { LocalProtocolError, TlsError } from "../errors.ts";

/** What is needed of a peer's certificate (`node:crypto`'s `X509Certificate`). */
export interface PinnedCertificate {
  readonly publicKey: {
    export(options: { type: "spki"; format: "der" }): Uint8Array;
  };
}

// 32 bytes are 43 digits of base64 and one "="; curl writes a second slash, and parts keys by ";".
const PIN = /^sha256\/\/?([A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=)$/;

/**
 * Reads pins: `sha256/` and the base64 of the SHA-256 of a SubjectPublicKeyInfo.
 *
 * @returns The base64 parts.
 * @throws {LocalProtocolError} Where one is none.
 */
export function readPins(pins: readonly string[]): string[] {
  return pins.map((pin) => {
    const digest = PIN.exec(pin)?.[1];
    if (digest !== undefined) return digest;
    throw new LocalProtocolError(
      `Cannot pin a key: ${JSON.stringify(pin)} is not "sha256/" and 32 bytes in base64`,
    );
  });
}

/**
 * Compares a server's key with those that are known.
 *
 * @param pins What {@linkcode readPins} gave.
 * @param certificate The server's own: those above it in the chain are sent by whoever answers, and
 *   with `verify: false` nobody has looked at them.
 * @throws {TlsError} (code `"pin mismatch"`) Where it is none of them.
 */
export async function checkPins(
  pins: readonly string[],
  certificate: PinnedCertificate | undefined,
  serverName: string,
): Promise<void> {
  let seen = "no key";
  if (certificate !== undefined) {
    const key = new Uint8Array(certificate.publicKey.export({ type: "spki", format: "der" }));
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", key));
    const text = btoa(String.fromCharCode(...digest));
    if (pins.includes(text)) return;
    seen = `sha256/${text}`;
  }
  throw new TlsError(
    `Cannot trust ${serverName}: it shows ${seen}, which is not among the pinned keys`,
    { code: "pin mismatch" },
  );
}
