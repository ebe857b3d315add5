/**
 * Addresses as numbers, for what must be compared whatever way it is written.
 *
 * @module
 */

import { isIPv4, isIPv6 } from "./ip_address.ts";

/** The bytes of an address: 4 or 16; `null` where it is none. */
export function ipBytes(text: string): Uint8Array | null {
  if (isIPv4(text)) return Uint8Array.from(text.split("."), Number);
  if (!isIPv6(text)) return null;
  // The URL parser writes every IPv6 address in one way: groups in hexadecimal, one run of zeros cut.
  const [head, tail] = new URL(`http://[${text}]`).hostname.slice(1, -1).split("::");
  const groupsOf = (part: string | undefined) => part ? part.split(":") : [];
  const first = groupsOf(head);
  const last = groupsOf(tail);
  const zeros = Array.from({ length: 8 - first.length - last.length }, () => "0");
  const bytes = new Uint8Array(16);
  for (const [at, group] of [...first, ...zeros, ...last].entries()) {
    const value = parseInt(group, 16);
    bytes[2 * at] = value >> 8;
    bytes[2 * at + 1] = value & 255;
  }
  return bytes;
}

/**
 * An address in its one way to be written. IPv4 that is dressed up as IPv6 (`::ffff:127.0.0.1`, RFC
 * 4291 §2.5.5.2) becomes plain: it leads to the same place.
 */
export function plainAddress(text: string): string {
  const bytes = text.includes(":") ? ipBytes(text) : null;
  if (bytes === null) return text;
  const isMapped = bytes.subarray(0, 10).every((byte) => byte === 0) && bytes[10] === 255 &&
    bytes[11] === 255;
  return isMapped
    ? bytes.subarray(12).join(".")
    : new URL(`http://[${text}]`).hostname.slice(1, -1);
}

/** Addresses that begin alike (CIDR, RFC 4632). */
export class IpNetwork {
  readonly #start: Uint8Array;
  readonly #bits: number;

  private constructor(start: Uint8Array, bits: number) {
    this.#start = start;
    this.#bits = bits;
  }

  /** Reads `10.0.0.0/8`, or an address, which is a network of one; `null` where it is neither. */
  static parse(text: string): IpNetwork | null {
    const [, address, bits] = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(text) ?? [];
    const start = address === undefined ? null : ipBytes(address);
    if (start === null) return null;
    const most = start.length * 8;
    const length = bits === undefined ? most : Number(bits);
    return length <= most ? new IpNetwork(start, length) : null;
  }

  /** Whether an address, given as {@linkcode ipBytes}, is one of these. */
  has(address: Uint8Array): boolean {
    if (address.length !== this.#start.length) return false;
    for (let at = 0, left = this.#bits; left > 0; at++, left -= 8) {
      const mask = left >= 8 ? 255 : 255 << (8 - left) & 255;
      if ((address[at] ^ this.#start[at]) & mask) return false;
    }
    return true;
  }
}
