/**
 * How a response lies in a file: the body as it came, behind it the head as JSON, at the end a footer
 * that says how long both are and what they must add up to.
 *
 * The head comes last since a body is written while it arrives. A file that was cut off anywhere, or
 * in which a byte has changed, does not pass.
 *
 * @module
 */

import { sha1Bin } from "../../codec/digest.ts";
import type { StoredHead } from "./entry.ts";

/** What every file begins with; the number is that of the format. */
export const MAGIC: Uint8Array<ArrayBuffer> = new TextEncoder().encode("lasaHC1\n");
/** Bytes of the footer: lengths of head and body, the body's CRC, and a digest of head and these. */
export const FOOTER_BYTES = 4 + 8 + 4 + 20;
/** A longer head is no head. */
const MAX_HEAD_BYTES = 1024 * 1024;

/** What stands in a file beside the body. */
export interface FileHead {
  /** Names this file: another one at the same path has another name. */
  readonly id: string;
  /** The key it is kept under. */
  readonly key: string;
  readonly head: StoredHead;
}

/** What the end of a file says. */
export interface Footer {
  readonly headLength: number;
  readonly bodyLength: number;
  readonly bodyCrc: number;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true });

/** Head and footer as they stand behind a body. */
export function encodeTail(
  head: FileHead,
  bodyLength: number,
  bodyCrc: number,
): Uint8Array<ArrayBuffer> {
  const json = encoder.encode(JSON.stringify(head));
  const tail = new Uint8Array(json.length + FOOTER_BYTES);
  tail.set(json);
  const view = new DataView(tail.buffer, json.length);
  view.setUint32(0, json.length);
  view.setBigUint64(4, BigInt(bodyLength));
  view.setUint32(12, bodyCrc);
  const counted = json.length + FOOTER_BYTES - 20;
  tail.set(sha1Bin(tail.subarray(0, counted)), counted);
  return tail;
}

/** Reads the end of a file; `null` where it cannot be that of a file of this length. */
export function decodeFooter(bytes: Uint8Array, fileLength: number): Footer | null {
  if (bytes.length < FOOTER_BYTES) return null;
  const start = bytes.byteOffset + bytes.length - FOOTER_BYTES;
  const view = new DataView(bytes.buffer as ArrayBuffer, start, FOOTER_BYTES);
  const headLength = view.getUint32(0);
  const bodyLength = Number(view.getBigUint64(4));
  if (headLength > MAX_HEAD_BYTES) return null;
  if (MAGIC.length + bodyLength + headLength + FOOTER_BYTES !== fileLength) return null;
  return { headLength, bodyLength, bodyCrc: view.getUint32(12) };
}

/** Reads head and footer; `null` where the digest says that they are damaged. */
export function decodeTail(tail: Uint8Array): FileHead | null {
  const counted = tail.length - 20;
  const digest = sha1Bin(tail.subarray(0, counted));
  for (let at = 0; at < 20; at++) if (digest[at] !== tail[counted + at]) return null;
  try {
    return JSON.parse(decoder.decode(tail.subarray(0, tail.length - FOOTER_BYTES)));
  } catch {
    return null;
  }
}

const CRC_TABLE = new Uint32Array(256);
for (let byte = 0; byte < 256; byte++) {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  CRC_TABLE[byte] = crc;
}

/** The CRC-32 (ISO 3309) of bytes behind those that gave `before`. */
export function crc32(bytes: Uint8Array, before = 0): number {
  let crc = ~before;
  for (let at = 0; at < bytes.length; at++) {
    crc = (crc >>> 8) ^ CRC_TABLE[(crc ^ bytes[at]) & 255];
  }
  return ~crc >>> 0;
}
