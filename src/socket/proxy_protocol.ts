/**
 * The PROXY protocol, versions 1 and 2: the first bytes of a connection say who is behind a proxy
 * (haproxy's `proxy-protocol.txt`). Pure: bytes in, addresses out, and back.
 *
 * @module
 */

import { LocalProtocolError, RemoteProtocolError } from "../errors.ts";
import { isIPv4, isIPv6 } from "./ip_address.ts";

/** Who speaks to whom, as a proxy tells it. */
export interface ProxyHeader {
  /** 1 for the line of text, 2 for the binary form. */
  readonly version: 1 | 2;
  /** Who called; `null` where the proxy speaks for itself or does not know. */
  readonly source: { readonly hostname: string; readonly port: number } | null;
  /** Whom it called. */
  readonly destination: { readonly hostname: string; readonly port: number } | null;
}

/** The first twelve bytes of version 2. */
const SIGNATURE = Uint8Array.of(13, 10, 13, 10, 0, 13, 10, 81, 85, 73, 84, 10);
/** A line of version 1 is never longer, its CRLF included. */
const MAX_LINE_BYTES = 107;
const HEADER_BYTES = 16;

/**
 * Reads a header from the front of some bytes.
 *
 * @param bytes The first bytes of a connection.
 * @returns The header and how many bytes it takes; `null` where more are needed.
 * @throws {RemoteProtocolError} Where they are no header.
 */
export function parseProxyHeader(
  bytes: Uint8Array,
): { readonly header: ProxyHeader; readonly length: number } | null {
  if (bytes.length === 0) return null;
  return bytes[0] === SIGNATURE[0] ? parseBinary(bytes) : parseLine(bytes);
}

function parseLine(
  bytes: Uint8Array,
): { readonly header: ProxyHeader; readonly length: number } | null {
  const text = String.fromCharCode(...bytes.subarray(0, MAX_LINE_BYTES));
  const start = "PROXY ".slice(0, text.length);
  const end = text.indexOf("\r\n");
  if (!text.startsWith(start) || (end < 0 && text.length >= MAX_LINE_BYTES)) throw bad(text);
  if (end < 0) return null;
  const line = text.slice(0, end);
  const [, family, source, destination, sourcePort, destinationPort, more] = line.split(" ");
  // "UNKNOWN" may be followed by anything, which means nothing.
  if (family === "UNKNOWN") {
    return { header: { version: 1, source: null, destination: null }, length: end + 2 };
  }
  const isAddress = family === "TCP4" ? isIPv4 : family === "TCP6" ? isIPv6 : () => false;
  if (
    more !== undefined || !isAddress(source ?? "") || !isAddress(destination ?? "") ||
    !isPort(sourcePort ?? "") || !isPort(destinationPort ?? "")
  ) throw bad(line);
  return {
    header: {
      version: 1,
      source: { hostname: source, port: Number(sourcePort) },
      destination: { hostname: destination, port: Number(destinationPort) },
    },
    length: end + 2,
  };
}

function parseBinary(
  bytes: Uint8Array,
): { readonly header: ProxyHeader; readonly length: number } | null {
  const there = Math.min(bytes.length, SIGNATURE.length);
  for (let at = 0; at < there; at++) {
    if (bytes[at] !== SIGNATURE[at]) throw bad(String.fromCharCode(...bytes.subarray(0, there)));
  }
  if (bytes.length < HEADER_BYTES) return null;
  const length = HEADER_BYTES + bytes[14] * 256 + bytes[15];
  const version = bytes[12] >> 4;
  const command = bytes[12] & 15;
  if (version !== 2 || command > 1) {
    throw new RemoteProtocolError(
      `Cannot read the PROXY header: version ${version}, command ${command}`,
    );
  }
  if (bytes.length < length) return null;
  // Command 0, LOCAL: the proxy itself calls, to see whether we are well.
  const family = command === 0 ? 0 : bytes[13];
  const header = addresses(family, bytes.subarray(HEADER_BYTES, length));
  return { header, length };
}

function addresses(family: number, body: Uint8Array): ProxyHeader {
  // 0x11 is TCP over IPv4, 0x21 over IPv6; what else there is carries no address that we know.
  const size = family === 0x11 ? 4 : family === 0x21 ? 16 : 0;
  if (size === 0) return { version: 2, source: null, destination: null };
  if (body.length < 2 * size + 4) {
    throw new RemoteProtocolError(
      `Cannot read the PROXY header: ${body.length} bytes of addresses`,
    );
  }
  const port = (at: number) => body[at] * 256 + body[at + 1];
  const host = (at: number) => hostOf(body.subarray(at, at + size));
  return {
    version: 2,
    source: { hostname: host(0), port: port(2 * size) },
    destination: { hostname: host(size), port: port(2 * size + 2) },
  };
}

function hostOf(address: Uint8Array): string {
  if (address.length === 4) return address.join(".");
  const groups: string[] = [];
  for (let at = 0; at < 16; at += 2) {
    groups.push((address[at] * 256 + address[at + 1]).toString(16));
  }
  // The URL parser knows how an IPv6 address is written (RFC 5952).
  return new URL(`http://[${groups.join(":")}]`).hostname.slice(1, -1);
}

function bytesOf(hostname: string): number[] {
  if (isIPv4(hostname)) return hostname.split(".").map(Number);
  const [head, tail] = new URL(`http://[${hostname}]`).hostname.slice(1, -1).split("::");
  const groups = (part: string | undefined) => part ? part.split(":") : [];
  const [left, right] = [groups(head), groups(tail)];
  const middle = new Array(8 - left.length - right.length).fill("0");
  return [...left, ...middle, ...right].flatMap((group) => {
    const value = parseInt(group, 16);
    return [value >> 8, value & 255];
  });
}

/**
 * Writes a header.
 *
 * @param header What to tell.
 * @returns The bytes to send first.
 * @throws {LocalProtocolError} Where an address is none, or both are not of one family.
 */
export function formatProxyHeader(header: ProxyHeader): Uint8Array<ArrayBuffer> {
  const { version, source, destination } = header;
  if (source === null || destination === null) {
    return version === 1
      ? new TextEncoder().encode("PROXY UNKNOWN\r\n")
      : Uint8Array.of(...SIGNATURE, 0x20, 0, 0, 0);
  }
  const isV4 = isIPv4(source.hostname) && isIPv4(destination.hostname);
  const isV6 = isIPv6(source.hostname) && isIPv6(destination.hostname);
  const ports = [source.port, destination.port];
  if (!(isV4 || isV6) || !ports.every((port) => isPort(String(port)))) {
    throw new LocalProtocolError(
      `Cannot write the PROXY header: ${source.hostname}:${source.port} to ` +
        `${destination.hostname}:${destination.port} are not two addresses of one family`,
    );
  }
  if (version === 1) {
    const family = isV4 ? "TCP4" : "TCP6";
    const words = ["PROXY", family, source.hostname, destination.hostname, ...ports];
    return new TextEncoder().encode(words.join(" ") + "\r\n");
  }
  const body = [...bytesOf(source.hostname), ...bytesOf(destination.hostname)];
  for (const port of ports) body.push(port >> 8, port & 255);
  return Uint8Array.of(...SIGNATURE, 0x21, isV4 ? 0x11 : 0x21, 0, body.length, ...body);
}

function isPort(text: string): boolean {
  return /^(0|[1-9]\d{0,4})$/.test(text) && Number(text) < 65_536;
}

function bad(text: string): RemoteProtocolError {
  return new RemoteProtocolError(
    `Cannot read the PROXY header: it starts with ${JSON.stringify(text.slice(0, 60))}`,
  );
}
