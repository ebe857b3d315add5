import { assert, assertEquals } from "@std/assert";
import { TlsError } from "../../src/errors.ts";
import { tlsFault } from "../../src/socket/tls_fault.ts";

/** What the platform says, its code where it has one, and what is made of it. */
const FAULTS: [told: string, code: string | undefined, cause: string][] = [
  ["invalid peer certificate: Expired", undefined, "its certificate has expired"],
  [
    "invalid peer certificate: certificate expired: verification time 2 (UNIX), but valid until 1",
    undefined,
    "its certificate has expired",
  ],
  ["certificate has expired", "CERT_HAS_EXPIRED", "its certificate has expired"],
  ["invalid peer certificate: NotValidYet", undefined, "its certificate is not valid yet"],
  ["no", "CERT_NOT_YET_VALID", "its certificate is not valid yet"],
  [
    'invalid peer certificate: certificate not valid for name "a"; certificate is only valid for b',
    undefined,
    "its certificate is for another name",
  ],
  ["no", "ERR_TLS_CERT_ALTNAME_INVALID", "its certificate is for another name"],
  [
    "invalid peer certificate: UnknownIssuer",
    undefined,
    "its certificate is of an authority that is not trusted here",
  ],
  [
    "unable to verify the first certificate",
    "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
    "its certificate is of an authority that is not trusted here",
  ],
  [
    "self-signed certificate",
    "DEPTH_ZERO_SELF_SIGNED_CERT",
    "its certificate is of an authority that is not trusted here",
  ],
  ["invalid peer certificate: Revoked", undefined, "its certificate was revoked"],
  ["invalid peer certificate: BadEncoding", undefined, "its certificate is not acceptable"],
  [
    "received fatal alert: NoApplicationProtocol",
    undefined,
    "it speaks none of the protocols offered (http/1.1)",
  ],
  [
    "no",
    "ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL",
    "it speaks none of the protocols offered (http/1.1)",
  ],
];

Deno.test("a handshake's failure says with whom and why, and keeps the platform's own words", () => {
  for (const [text, code, cause] of FAULTS) {
    const error = Object.assign(new Error(text), { code });
    const told = tlsFault(error, "a.test", ["http/1.1"]);
    assert(told instanceof TlsError, text);
    assertEquals(told.message, `Cannot speak TLS with a.test: ${cause}: ${text}`);
    assertEquals([told.code, told.cause], ["tls", error]);
  }
});

Deno.test("what is no fault of the certificate or the protocols stays as it is", () => {
  const others = [new Error("connection reset"), new TlsError("pinned"), "text", undefined];
  for (const error of others) assertEquals(tlsFault(error, "a.test"), error);
});
