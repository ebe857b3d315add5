/**
 * Writes frames (RFC 6455 §5.2): messages in, and as few pieces of bytes as possible out.
 *
 * Small frames gather in a lent room, one behind the other. A large payload that goes out as it is
 * fills that room up, and the rest of it is not copied; where it must be masked it is copied piece by
 * piece when its turn comes. Either way it must not change until it has left.
 *
 * @module
 */

import { mask, turnedKey } from "./mask.ts";
import { lendLargeRoom, lendRoom, returnRoom, type Room, ROOM_BYTES } from "./room.ts";

/** Payloads from here up are not copied whole. */
export const LARGE_BYTES = 16 * 1024;

// The longest head of a frame: two bytes, eight of length, four of key.
const MAX_HEAD_BYTES = 14;

// What is copied and masked at once.
const PIECE_BYTES = 64 * 1024;

// A loop beats the encoder up to about this many characters.
const SHORT_TEXT = 96;

const encoder = new TextEncoder();

/** A large payload, with the key to mask it by. */
interface LargePayload {
  readonly payload: Uint8Array<ArrayBuffer>;
  readonly key: number;
  at: number;
}

/** Something that waits to leave: a room's bytes, or a large payload. */
type Piece = { readonly room: Room; readonly end: number } | LargePayload;

/** Writes the frames of one connection. */
export class FrameWriter {
  /** Bytes that were sent and not taken. */
  size = 0;
  readonly #maskKey: (() => number) | null;
  readonly #queue: Piece[] = [];
  #room: Room | null = null;
  #end = 0;
  #lent: Room | null = null;

  /**
   * Makes a writer for a new connection.
   *
   * @param maskKey Gives the next key, which nobody may foretell (RFC 6455 §10.3); `null` where
   *   frames leave unmasked.
   */
  constructor(maskKey: (() => number) | null) {
    this.#maskKey = maskKey;
  }

  /**
   * Appends a frame.
   *
   * @param first Its first byte: FIN, reserved bits and opcode.
   * @param payload What it carries; text as UTF-8.
   * @returns How many bytes the frame takes.
   */
  write(first: number, payload: string | Uint8Array): number {
    const before = this.size;
    if (typeof payload === "string") this.#writeText(first, payload);
    else this.#writeBytes(first, payload);
    return this.size - before;
  }

  /**
   * Takes what is to leave next; {@linkcode FrameWriter.release} says that it has left.
   *
   * @returns Some bytes; `null` where there are none.
   */
  takeOutput(): Uint8Array<ArrayBuffer> | null {
    const piece = this.#queue[0];
    if (piece === undefined) {
      if (this.#room === null) return null;
      this.#lent = this.#room;
      this.#room = null;
      return this.#taken(this.#lent.bytes.subarray(0, this.#end));
    }
    if ("room" in piece) {
      this.#queue.shift();
      const next = this.#queue[0];
      if (next !== undefined && !("room" in next) && next.key !== 0) {
        return this.#takeMasked(next, piece.room, piece.end);
      }
      this.#lent = piece.room;
      return this.#taken(piece.room.bytes.subarray(0, piece.end));
    }
    if (piece.key !== 0) return this.#takeMasked(piece, null, 0);
    this.#queue.shift();
    return this.#taken(piece.payload);
  }

  /** What was taken last has left. */
  release(): void {
    if (this.#lent !== null) returnRoom(this.#lent);
    this.#lent = null;
  }

  /** Drops what was not taken. */
  drop(): void {
    this.#queue.length = 0;
    if (this.#room !== null) returnRoom(this.#room);
    this.#room = null;
    this.size = 0;
  }

  /**
   * Takes a piece of a masked payload, behind what stands before it. A head that left by itself would
   * cost a write and wake the peer for a few bytes: 3 % of an echo of 1 MiB, 12 % on a busy machine.
   */
  #takeMasked(piece: LargePayload, before: Room | null, size: number): Uint8Array<ArrayBuffer> {
    const { payload, key, at } = piece;
    // Whole words of the room take the payload.
    const start = -size & 7;
    const from = start + size;
    const room = this.#lent = lendLargeRoom(from + payload.length - at);
    if (before !== null) {
      room.bytes.set(before.bytes.subarray(0, size), start);
      returnRoom(before);
    }
    const count = Math.min(payload.length - at, room.bytes.length - from);
    // Copied, then masked where it lies, while it is in the cache: one pass over both is slower in V8
    // (65 µs a MiB, not 50), and so is all at once (55).
    const turned = turnedKey(key, at);
    for (let done = 0; done < count; done += PIECE_BYTES) {
      const end = Math.min(done + PIECE_BYTES, count);
      room.bytes.set(payload.subarray(at + done, at + end), from + done);
      mask(room.view, from + done, from + end, turned);
    }
    piece.at += count;
    if (piece.at === payload.length) this.#queue.shift();
    return this.#taken(room.bytes.subarray(start, from + count));
  }

  #taken(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
    this.size -= bytes.length;
    return bytes;
  }

  #writeText(first: number, text: string): void {
    // One character takes up to three bytes.
    if (text.length * 3 > LARGE_BYTES) return this.#writeBytes(first, encoder.encode(text));
    const room = this.#makeSpace(MAX_HEAD_BYTES + text.length * 3);
    const { bytes } = room;
    const start = this.#end;
    // Most text is ASCII: the head is written for that, and again where it was not.
    const guess = start + this.#headLength(text.length);
    let end = text.length <= SHORT_TEXT ? writeAscii(text, bytes, guess) : -1;
    if (end < 0) end = guess + encoder.encodeInto(text, bytes.subarray(guess)).written;
    const length = end - guess;
    const payload = start + this.#headLength(length);
    if (payload !== guess) bytes.copyWithin(payload, guess, end);
    this.#finish(room, first, payload, length);
  }

  #writeBytes(first: number, payload: Uint8Array): void {
    const { length } = payload;
    const room = this.#makeSpace(MAX_HEAD_BYTES + (length < LARGE_BYTES ? length : 0));
    const start = this.#end + this.#headLength(length);
    if (length < LARGE_BYTES) {
      room.bytes.set(payload, start);
      return this.#finish(room, first, start, length);
    }
    const key = this.#writeHead(room, first, length);
    let rest = payload as Uint8Array<ArrayBuffer>;
    if (key === 0) {
      // The head takes along what its room still holds; by itself it cost as much as a masked one.
      const count = Math.min(length, ROOM_BYTES - this.#end);
      room.bytes.set(rest.subarray(0, count), this.#end);
      this.#end += count;
      rest = rest.subarray(count);
    }
    this.size += length;
    if (rest.length === 0) return;
    this.#endRoom();
    this.#queue.push({ payload: rest, key, at: 0 });
  }

  #finish(room: Room, first: number, payload: number, length: number): void {
    const key = this.#writeHead(room, first, length);
    if (key !== 0) mask(room.view, payload, payload + length, key);
    this.#end = payload + length;
    this.size += length;
  }

  /** Writes the head of a frame and gives the key that its payload is masked by; 0 for none. */
  #writeHead({ bytes, view }: Room, first: number, length: number): number {
    const start = this.#end;
    const masked = this.#maskKey === null ? 0 : 0x80;
    bytes[start] = first;
    let at = start + 2;
    if (length < 126) {
      bytes[start + 1] = masked | length;
    } else if (length < 65_536) {
      bytes[start + 1] = masked | 126;
      view.setUint16(at, length);
      at += 2;
    } else {
      bytes[start + 1] = masked | 127;
      view.setUint32(at, Math.floor(length / 2 ** 32));
      view.setUint32(at + 4, length >>> 0);
      at += 8;
    }
    let key = 0;
    if (this.#maskKey !== null) {
      key = this.#maskKey();
      view.setInt32(at, key, true);
      at += 4;
    }
    this.size += at - start;
    this.#end = at;
    return key;
  }

  #headLength(length: number): number {
    return (length < 126 ? 2 : length < 65_536 ? 4 : 10) + (this.#maskKey === null ? 0 : 4);
  }

  #makeSpace(least: number): Room {
    if (this.#room !== null && ROOM_BYTES - this.#end < least) this.#endRoom();
    if (this.#room === null) {
      this.#room = lendRoom();
      this.#end = 0;
    }
    return this.#room;
  }

  #endRoom(): void {
    this.#queue.push({ room: this.#room!, end: this.#end });
    this.#room = null;
  }
}

/** Writes a text that is ASCII and says where it ends; -1 where it is not. */
function writeAscii(text: string, into: Uint8Array, at: number): number {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code > 127) return -1;
    into[at++] = code;
  }
  return at;
}
