import type { Frame } from "../protocol/websocket/frame.ts";

// Bytes that may wait for a reader before no more is read; one frame more may come on top.
const MOST_BYTES = 64 * 1024;

// What a frame takes beside its payload, so that many empty ones are bounded too.
const FRAME_BYTES = 128;

/** Frames that came while nobody read, and why none follow them. */
export class ReadAhead {
  /** What the peer did wrong behind them. */
  error: unknown = null;
  #frames: Frame[] = [];
  #bytes = 0;

  /** Whether no more should be read. */
  get isFull(): boolean {
    return this.#bytes >= MOST_BYTES;
  }

  /** Keeps a frame; one that was answered already is for whoever wants to see it, where there is room. */
  push(frame: Frame, isAnswered = false): void {
    if (!isAnswered) this.#bytes += sizeOf(frame);
    else if (this.#frames.length >= MOST_BYTES / FRAME_BYTES) return;
    this.#frames.push(frame);
  }

  /** Takes the first. */
  take(): Frame | null {
    const frame = this.#frames.shift();
    if (frame === undefined) return null;
    this.#bytes = Math.max(0, this.#bytes - sizeOf(frame));
    return frame;
  }

  /** Drops pings and pongs, which were answered. */
  dropControl(): void {
    this.#frames = this.#frames.filter(({ type }) => type !== "ping" && type !== "pong");
  }
}

function sizeOf({ data }: Frame): number {
  return data.length + FRAME_BYTES;
}
