import type { SessionSender } from "./session_sender.ts";

/** A message that is on its way: its bytes, and where on the wire its frame starts and ends. */
interface Leaving {
  readonly size: number;
  readonly start: number;
  readonly end: number;
}

/**
 * What the standard's `bufferedAmount` counts: bytes of messages alone, without the frames around them,
 * and for good what can no longer leave.
 */
export class Outbox {
  readonly #sender: SessionSender;
  #leaving: Leaving[] = [];
  #first = 0;
  #kept = 0;

  /** Makes one for what a session sends. */
  constructor(sender: SessionSender) {
    this.#sender = sender;
  }

  /** Bytes of messages that have not left. */
  get amount(): number {
    this.#forgetLeft();
    const { written } = this.#sender;
    let amount = this.#kept;
    for (let at = this.#first; at < this.#leaving.length; at++) {
      const { size, start, end } = this.#leaving[at];
      // Of what is compressed nothing has left until all has.
      amount += end - start < size ? size : Math.min(size, end - written);
    }
    return amount;
  }

  /** Counts bytes that are not sent, or not yet; fewer than none takes them back. */
  keep(size: number): void {
    this.#kept += size;
  }

  /** Sends a message. */
  send(data: string | Uint8Array): Promise<number> {
    this.#forgetLeft();
    const sender = this.#sender;
    const start = sender.written + sender.bufferedAmount;
    const sent = typeof data === "string" ? sender.sendText(data) : sender.sendBinary(data);
    const end = sender.written + sender.bufferedAmount;
    let size = data.length;
    if (end === start) {
      this.#kept += sizeOf(data);
      return sent;
    }
    if (typeof data === "string") {
      // What is not compressed needs no counting: its frame says how long it is.
      size = sender.extensions === "" ? payloadSize(end - start) : textSize(data);
    }
    this.#leaving.push({ size, start, end });
    return sent;
  }

  #forgetLeft(): void {
    const { written } = this.#sender;
    const leaving = this.#leaving;
    while (this.#first < leaving.length && leaving[this.#first].end <= written) this.#first++;
    if (this.#first === leaving.length) {
      leaving.length = this.#first = 0;
    } else if (this.#first > 1_000) {
      this.#leaving = leaving.slice(this.#first);
      this.#first = 0;
    }
  }
}

function sizeOf(data: string | Uint8Array): number {
  return typeof data === "string" ? textSize(data) : data.length;
}

/** How many bytes of UTF-8 a text takes. */
export function textSize(text: string): number {
  let size = text.length;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code < 0x80) continue;
    // A pair of surrogates takes four bytes, and so two each; a lone one is sent as U+FFFD.
    size += code < 0x800 || (code >= 0xd800 && code < 0xe000 && isPaired(text, at)) ? 1 : 2;
  }
  return size;
}

function isPaired(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  if (code < 0xdc00) return (text.charCodeAt(at + 1) & 0xfc00) === 0xdc00;
  return at > 0 && (text.charCodeAt(at - 1) & 0xfc00) === 0xd800;
}

/** What of a masked frame is payload (RFC 6455 §5.2). */
function payloadSize(frame: number): number {
  return frame - (frame < 6 + 126 ? 6 : frame < 8 + 65_536 ? 8 : 14);
}
