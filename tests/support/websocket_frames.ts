/** Frames as tests like to write and to read them, apart from the code that is tested. @module */

import { concat } from "../../src/bytes/concat.ts";

/** A frame on the wire; what is absent is as in a plain, final frame. */
export interface RawFrame {
  readonly opcode: number;
  readonly payload?: string | Uint8Array;
  readonly fin?: boolean;
  /** The three reserved bits, RSV1 highest. */
  readonly rsv?: number;
}

/** Bytes of a text's UTF-8. */
export function utf8(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}

/** A frame's bytes; masked with the key where there is one. */
export function frameBytes(
  frame: RawFrame,
  key: readonly number[] | null,
): Uint8Array<ArrayBuffer> {
  const { opcode, fin = true, rsv = 0, payload = "" } = frame;
  const bytes = typeof payload === "string" ? utf8(payload) : payload;
  const { length } = bytes;
  const masked = key === null ? 0 : 0x80;
  const head = [(fin ? 0x80 : 0) | rsv << 4 | opcode];
  if (length < 126) head.push(masked | length);
  else if (length < 65536) head.push(masked | 126, length >> 8, length & 255);
  else {
    head.push(masked | 127, 0, 0, 0, 0);
    for (const shift of [24, 16, 8, 0]) head.push(length >>> shift & 255);
  }
  if (key === null) return concat([new Uint8Array(head), bytes]);
  return concat([new Uint8Array([...head, ...key]), bytes.map((byte, at) => byte ^ key[at & 3])]);
}

/** A frame that was read. */
export interface ReadFrame {
  readonly fin: boolean;
  readonly rsv: number;
  readonly opcode: number;
  readonly isMasked: boolean;
  readonly payload: Uint8Array<ArrayBuffer>;
}

/** Reads whole frames off the front. */
export function readFrames(bytes: Uint8Array): { frames: ReadFrame[]; rest: Uint8Array } {
  const frames: ReadFrame[] = [];
  for (;;) {
    const read = readFrame(bytes);
    if (read === null) return { frames, rest: bytes };
    frames.push(read.frame);
    bytes = bytes.subarray(read.length);
  }
}

function readFrame(bytes: Uint8Array): { frame: ReadFrame; length: number } | null {
  if (bytes.length < 2) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const isMasked = bytes[1] >= 0x80;
  let length = bytes[1] & 0x7f;
  let at = 2;
  if (length === 126) {
    if (bytes.length < 4) return null;
    length = view.getUint16(2);
    at = 4;
  } else if (length === 127) {
    if (bytes.length < 10) return null;
    length = Number(view.getBigUint64(2));
    at = 10;
  }
  const key = isMasked ? bytes.slice(at, at + 4) : null;
  if (isMasked) at += 4;
  if (bytes.length < at + length) return null;
  const payload = bytes.slice(at, at + length);
  if (key !== null) payload.forEach((byte, i) => payload[i] = byte ^ key[i & 3]);
  const frame = {
    fin: bytes[0] >= 0x80,
    rsv: bytes[0] >> 4 & 7,
    opcode: bytes[0] & 15,
    isMasked,
    payload,
  };
  return { frame, length: at + length };
}

/** What a close frame carries. */
export function closeBytes(
  code: number,
  reason: string | Uint8Array = "",
): Uint8Array<ArrayBuffer> {
  return concat([
    new Uint8Array([code >> 8, code & 255]),
    typeof reason === "string" ? utf8(reason) : reason,
  ]);
}
