/**
 * Certificates for tests, made anew in each run: an authority of its own, and what it signed. Needs
 * no program beside Deno.
 *
 * @module
 */

import {
  bits,
  der,
  integer,
  octets,
  oid,
  pem,
  sequence,
  set,
  tagged,
  time,
  TRUE,
  utf8,
} from "./der.ts";

/** A certificate and its key, PEM. */
export interface Identity {
  readonly cert: string;
  readonly key: string;
}

/** An authority that nobody else trusts, and a server's identity that it signed. */
export interface TestTls {
  /** The authority's certificate, PEM. */
  readonly ca: string;
  /** For `localhost` and 127.0.0.1. */
  readonly server: Identity;
  /** For a client that shows who it is. */
  readonly client: Identity;
}

const EC = { name: "ECDSA", namedCurve: "P-256" };
const SIGNATURE = sequence(oid("1.2.840.10045.4.3.2")); // ecdsa-with-SHA256

/** Makes an authority, a server's identity and a client's. */
export async function makeTestTls(): Promise<TestTls> {
  const ca = await makeKeys();
  const issuer = { name: "lasa test CA", keys: ca };
  const caCert = await certify("lasa test CA", ca, issuer, [
    extension("2.5.29.19", sequence(TRUE), true), // basicConstraints: CA
    extension("2.5.29.15", der(0x03, [1, 0x06]), true), // keyUsage: keyCertSign, cRLSign
  ]);
  const names = sequence(der(0x82, ascii("localhost")), der(0x87, [127, 0, 0, 1]));
  return {
    ca: pem("CERTIFICATE", caCert),
    server: await identify("localhost", issuer, [extension("2.5.29.17", names)]),
    client: await identify("lasa test client", issuer, [
      extension("2.5.29.17", sequence(der(0x82, ascii("client.test")))),
    ]),
  };
}

interface Issuer {
  readonly name: string;
  readonly keys: CryptoKeyPair;
}

function makeKeys(): Promise<CryptoKeyPair> {
  return crypto.subtle.generateKey(EC, true, ["sign", "verify"]);
}

async function identify(name: string, issuer: Issuer, extensions: number[][]): Promise<Identity> {
  const keys = await makeKeys();
  const key = new Uint8Array(await crypto.subtle.exportKey("pkcs8", keys.privateKey));
  return {
    cert: pem("CERTIFICATE", await certify(name, keys, issuer, extensions)),
    key: pem("PRIVATE KEY", key),
  };
}

/** TBSCertificate and its signature (RFC 5280 §4.1). */
async function certify(
  name: string,
  keys: CryptoKeyPair,
  issuer: Issuer,
  extensions: number[][],
): Promise<number[]> {
  const publicKey = new Uint8Array(await crypto.subtle.exportKey("spki", keys.publicKey));
  const dayMs = 86_400_000;
  const body = sequence(
    tagged(0, integer([2])), // v3
    integer(crypto.getRandomValues(new Uint8Array(8))),
    SIGNATURE,
    distinguishedName(issuer.name),
    sequence(time(new Date(Date.now() - dayMs)), time(new Date(Date.now() + dayMs))),
    distinguishedName(name),
    [...publicKey],
    tagged(3, sequence(...extensions)),
  );
  const hash = { name: "ECDSA", hash: "SHA-256" };
  const signed = await crypto.subtle.sign(hash, issuer.keys.privateKey, new Uint8Array(body));
  const raw = new Uint8Array(signed);
  const signature = sequence(integer(raw.slice(0, 32)), integer(raw.slice(32)));
  return sequence(body, SIGNATURE, bits(signature));
}

function distinguishedName(name: string): number[] {
  return sequence(set(sequence(oid("2.5.4.3"), utf8(name))));
}

function extension(id: string, value: number[], isCritical = false): number[] {
  return sequence(oid(id), ...(isCritical ? [TRUE] : []), octets(value));
}

function ascii(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
