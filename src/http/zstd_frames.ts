/**
 * Where the frames of a zstd stream end (RFC 8878 §3.1), without decoding them.
 *
 * The platform's decoder takes a stream that was cut for a whole one, and gives a frame as much memory
 * as it asks for; this walks over the headers alone and says of both.
 *
 * @module
 */

import { RemoteProtocolError } from "../errors.ts";

const MAGIC = 0xfd2fb528;
/** RFC 9659 §3: no more window than this under the content coding `zstd`. */
const MAX_WINDOW_BYTES = 8 * 1024 * 1024;

type Step = "magic" | "descriptor" | "header" | "block";

/** Follows a zstd stream. */
export class ZstdFrames {
  #step: Step = "magic";
  /** The few bytes that the next step looks at. */
  readonly #bytes = new Uint8Array(16);
  #have = 0;
  #need = 4;
  #skip = 0;
  #descriptor = 0;
  #hasChecksum = false;
  #isLastBlock = false;

  /** Whether the stream may end here: at least one frame, and none of them cut. */
  isWhole = false;

  /**
   * Follows the next bytes, up to where a frame ends.
   *
   * @returns How many of them belong to this frame: all of them unless it ends before.
   * @throws {RemoteProtocolError} Where they are no zstd, or need more memory than they may.
   */
  follow(chunk: Uint8Array): number {
    let at = 0;
    while (at < chunk.length) {
      if (this.#skip > 0) {
        const step = Math.min(this.#skip, chunk.length - at);
        this.#skip -= step;
        at += step;
        if (this.#skip > 0) return at;
        this.#onBlockEnd();
        if (this.isWhole) return at;
        continue;
      }
      const step = Math.min(this.#need - this.#have, chunk.length - at);
      this.#bytes.set(chunk.subarray(at, at + step), this.#have);
      this.#have += step;
      at += step;
      this.isWhole = false;
      if (this.#have < this.#need) return at;
      this.#have = 0;
      this.#advance();
      if (this.isWhole) return at;
    }
    return at;
  }

  #expect(step: Step, need: number): void {
    this.#step = step;
    this.#need = need;
  }

  #advance(): void {
    switch (this.#step) {
      case "magic":
        // Frames to be skipped (§3.1.2) have other numbers; the platform's decoder does not know them.
        if (this.#number(0, 4) === MAGIC) return this.#expect("descriptor", 1);
        throw new RemoteProtocolError("Cannot decode the body: it is no zstd", { sent: "all" });
      case "descriptor":
        this.#descriptor = this.#bytes[0];
        this.#hasChecksum = (this.#descriptor & 4) !== 0;
        return this.#expect("header", headerBytes(this.#descriptor));
      case "header":
        this.#checkWindow();
        return this.#expect("block", 3);
      case "block":
        return this.#onBlock(this.#number(0, 3));
    }
  }

  #onBlock(header: number): void {
    this.#isLastBlock = (header & 1) === 1;
    const type = (header >> 1) & 3;
    const size = header >> 3;
    if (type === 3) {
      throw new RemoteProtocolError("Cannot decode the body: a zstd block has no type", {
        sent: "all",
      });
    }
    // RFC 8878 §3.1.1.2.2: a run is one byte, however long it becomes.
    this.#skip = (type === 1 ? 1 : size) + (this.#isLastBlock && this.#hasChecksum ? 4 : 0);
    this.#need = 0;
    if (this.#skip === 0) this.#onBlockEnd();
  }

  #onBlockEnd(): void {
    if (!this.#isLastBlock) return this.#expect("block", 3);
    this.isWhole = true;
    this.#expect("magic", 4);
  }

  #checkWindow(): void {
    const isSingle = (this.#descriptor & 0x20) !== 0;
    const dictionaryBytes = [0, 1, 2, 4][this.#descriptor & 3];
    let window: number;
    if (isSingle) {
      window = this.#number(dictionaryBytes, sizeBytes(this.#descriptor));
    } else {
      const base = 2 ** (10 + (this.#bytes[0] >> 3));
      window = base + (base / 8) * (this.#bytes[0] & 7);
    }
    if (window > MAX_WINDOW_BYTES) {
      throw new RemoteProtocolError(
        `Cannot decode the body: its zstd window is ${window} bytes, not at most ${MAX_WINDOW_BYTES}`,
        { sent: "all" },
      );
    }
  }

  #number(start: number, count: number): number {
    let value = 0;
    for (let at = start + count - 1; at >= start; at--) value = value * 256 + this.#bytes[at];
    return value;
  }
}

/** Bytes of a frame header behind its descriptor (RFC 8878 §3.1.1.1). */
function headerBytes(descriptor: number): number {
  const window = (descriptor & 0x20) !== 0 ? 0 : 1;
  return window + [0, 1, 2, 4][descriptor & 3] + sizeBytes(descriptor);
}

function sizeBytes(descriptor: number): number {
  const flag = descriptor >> 6;
  if (flag === 0) return (descriptor & 0x20) !== 0 ? 1 : 0;
  return 2 ** flag;
}
