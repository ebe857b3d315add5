/**
 * One content coding undone, piece by piece, with the platform's zlib.
 *
 * Pulled: what comes out waits until it is read, and then no more is put in. What still bothers the
 * author, and why not all goes through `DecompressionStream`: that takes a cut deflate for a whole one
 * and a gzip of several members for a broken one, knows no zstd, and turns one piece in into one piece
 * out, be it a gigabyte. `node:zlib` gives pieces of a size, but takes cut br and zstd for whole ones;
 * that is found out here.
 *
 * @module
 */

import type { Transform } from "node:stream";
import { noteDropped } from "../bytes/collector.ts";
import { concat } from "../bytes/concat.ts";
import { LimitError, RemoteProtocolError } from "../errors.ts";
import { loadOutside } from "../thread/frame.ts";
import { ZstdFrames } from "./zstd_frames.ts";

type Bytes = Uint8Array<ArrayBuffer>;
type Zlib = typeof import("node:zlib");
type Engine = Transform & { readonly bytesWritten: number };

/** Bytes in pieces, for one reader. */
export interface Pieces {
  /** Waits for the next piece; `null` at the end. */
  read(): Promise<Bytes | null>;
  /**
   * Waits for bytes, puts them at the front of `into` and tells how many; `null` at the end. Where it
   * fails, the memory must not be used any more. There where it spares a copy.
   */
  readInto?(into: Bytes): Promise<number | null>;
  /** Whether a piece shares its buffer with nothing, so that its reader may give it away. */
  owns?(piece: Bytes): boolean;
  /** Gives the rest up; a read that waits fails. */
  cancel(): void;
}

/** How much a body may become. */
export interface DecodeLimits {
  /** Bytes. */
  readonly maxDecodedBytes: number;
  /** Bytes out for each byte in, once there are more than {@linkcode RATIO_FREE_BYTES}. */
  readonly maxDecodedRatio: number;
}

/** A content coding that can be undone. */
export type Coding = "gzip" | "deflate" | "br" | "zstd";

/** What a body may become whatever it was: a page of blanks is no attack. */
export const RATIO_FREE_BYTES: number = 8 * 1024 * 1024;
/** Bytes of a piece that comes out. */
const OUTPUT_BYTES = 64 * 1024;
/** Bytes that are put in at once; so many may be on their way when the ratio is looked at. */
const INPUT_BYTES = 16 * 1024;

let zlib: Zlib | null = null;

/** Loads the platform's zlib; 15 ms that only a coded body costs. */
export async function loadZlib(): Promise<Zlib> {
  return zlib ??= (await loadOutside(() => import("node:zlib"))) as Zlib;
}

/** Undoes one coding. */
export class Decoder implements Pieces {
  readonly #source: Pieces;
  readonly #coding: Coding;
  readonly #limits: DecodeLimits;
  readonly #frames: ZstdFrames | null;
  #engine: Engine | null = null;
  #given = 0;
  #size = 0;
  #isStarted = false;
  #hasEnded = false;
  #error: unknown = null;
  #wake: (() => void) | null = null;
  #onDrain: (() => void) | null = null;

  constructor(source: Pieces, coding: Coding, limits: DecodeLimits) {
    this.#source = source;
    this.#coding = coding;
    this.#limits = limits;
    this.#frames = coding === "zstd" ? new ZstdFrames() : null;
  }

  async read(): Promise<Bytes | null> {
    if (!this.#isStarted) await this.#start();
    for (;;) {
      if (this.#error !== null) throw this.#error;
      const engine = this.#engine;
      // No byte at all is an empty body, not a broken one.
      if (engine === null) return null;
      const piece = engine.read() as Bytes | null;
      if (piece !== null) return this.#counted(piece);
      if (this.#hasEnded) {
        this.#checkWhole(engine);
        return null;
      }
      await new Promise<void>((resolve) => this.#wake = resolve);
    }
  }

  /** The engine cuts its output from arrays; one that is full is not cut any more. */
  owns(piece: Bytes): boolean {
    return piece.length === piece.buffer.byteLength;
  }

  cancel(): void {
    this.#engine?.destroy();
    this.#source.cancel();
  }

  async #start(): Promise<void> {
    this.#isStarted = true;
    let first = await this.#source.read();
    if (first === null) return;
    // Two bytes tell the formats of deflate apart.
    while (first.length < 2) {
      const more = await this.#source.read();
      if (more === null) break;
      first = concat([first, more]);
    }
    const engine = this.#engine = engineFor(await loadZlib(), this.#coding, first);
    const wake = () => this.#notify();
    engine.on("readable", wake);
    engine.on("end", () => {
      this.#hasEnded = true;
      this.#notify();
    });
    engine.on("error", (error) => this.#fail(this.#broken(error)));
    // Destroyed by cancel(), it will not say more than this.
    engine.on("close", wake);
    engine.on("drain", wake);
    // Its waits for the source are the reader's own: a kill or a deadline ends both.
    void this.#feed(engine, first);
  }

  /** Puts in what the source gives, as far as there is room. */
  async #feed(engine: Engine, first: Bytes): Promise<void> {
    try {
      for (let piece: Bytes | null = first; piece !== null; piece = await this.#source.read()) {
        for (let at = 0; at < piece.length;) {
          if (engine.destroyed) return;
          const part = this.#part(piece, at);
          at += part.length;
          this.#given += part.length;
          if (engine.write(part)) continue;
          await new Promise<void>((resolve) => this.#onDrain = resolve);
        }
      }
      // Where a byte more is taken, it was not the end that the decoder has come to.
      engine.end(this.#coding === "br" ? PROBE : undefined);
    } catch (error) {
      this.#fail(error);
      engine.destroy();
    }
  }

  /** What is put in next. */
  #part(piece: Bytes, at: number): Bytes {
    const part = piece.subarray(at, at + INPUT_BYTES);
    // The platform's zstd drops what comes behind the end of a frame in the same piece.
    return this.#frames === null ? part : part.subarray(0, this.#frames.follow(part));
  }

  #notify(): void {
    const wake = this.#wake;
    this.#wake = null;
    wake?.();
    const engine = this.#engine!;
    if (engine.writableNeedDrain && !engine.destroyed) return;
    const onDrain = this.#onDrain;
    this.#onDrain = null;
    onDrain?.();
  }

  #fail(error: unknown): void {
    // A probe behind a stream that was cut may be what it stumbles over.
    this.#error ??= error;
    this.#notify();
  }

  #counted(piece: Bytes): Bytes {
    this.#size += piece.length;
    checkSize(this.#size, this.#given, this.#limits);
    // What zlib makes of it and drops weighs as much: 64 MiB held 82 MiB so, 100 counted once.
    noteDropped(2 * piece.length);
    // Not the platform's Buffer, whose methods mean other things.
    return new Uint8Array(piece.buffer, piece.byteOffset, piece.length);
  }

  #checkWhole(engine: Engine): void {
    const used = engine.bytesWritten;
    const isCut = this.#frames !== null
      ? !this.#frames.isWhole
      : this.#coding === "br" && used > this.#given;
    if (isCut) throw this.#broken(null);
    if (used < this.#given) {
      throw new RemoteProtocolError(
        `Cannot decode the body: ${this.#given - used} bytes stand behind its ${this.#coding}`,
        { sent: "all" },
      );
    }
  }

  #broken(cause: unknown): RemoteProtocolError {
    return new RemoteProtocolError(`Cannot decode the body: it is no whole ${this.#coding}`, {
      sent: "all",
      cause,
    });
  }
}

const PROBE = new Uint8Array(1);

/** Refuses what has become too large. @throws {LimitError} naming the limit. */
export function checkSize(size: number, given: number, limits: DecodeLimits): void {
  const { maxDecodedBytes, maxDecodedRatio } = limits;
  if (size > maxDecodedBytes) {
    throw new LimitError(`Cannot decode the body: it becomes more than ${maxDecodedBytes} bytes`, {
      limit: "maxDecodedBytes",
      sent: "all",
    });
  }
  if (size > RATIO_FREE_BYTES && size > given * maxDecodedRatio) {
    throw new LimitError(
      `Cannot decode the body: it becomes more than ${maxDecodedRatio} times as large`,
      { limit: "maxDecodedRatio", sent: "all" },
    );
  }
}

/** Whether a deflate has the zlib wrapping. */
export function isZlib(first: Uint8Array): boolean {
  // RFC 9110 §8.4.1.2: deflate is the zlib format, but some send it without the wrapping. A zlib
  // header is a method of 8 and a multiple of 31 (RFC 1950 §2.2).
  return (first[0] & 15) === 8 && (first.length < 2 || (first[0] * 256 + first[1]) % 31 === 0);
}

function engineFor(zlib: Zlib, coding: Coding, first: Bytes): Engine {
  const options = { chunkSize: OUTPUT_BYTES, writableHighWaterMark: INPUT_BYTES };
  switch (coding) {
    case "gzip":
      return zlib.createGunzip(options);
    case "deflate":
      return isZlib(first) ? zlib.createInflate(options) : zlib.createInflateRaw(options);
    case "br":
      return zlib.createBrotliDecompress(options);
    case "zstd":
      return zlib.createZstdDecompress(options);
  }
}
